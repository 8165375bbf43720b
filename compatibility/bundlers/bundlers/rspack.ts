import { promisify } from 'node:util'
import { rspack as createCompiler, rspackVersion } from '@rspack/core'
import { type Bundler, writeHtml } from './bundler.js'

export const rspack: Bundler = {
  name: 'Rspack',
  version: rspackVersion,
  limitKb: 52,
  async bundle(project) {
    const compiler = createCompiler({
      mode: 'production',
      devtool: 'source-map',
      context: project.app,
      entry: { page: './page.ts' },
      output: { path: project.output, filename: '[name].js' },
      resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
      module: {
        rules: [
          {
            test: /\.ts$/,
            loader: 'builtin:swc-loader',
            options: { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } },
          },
        ],
      },
    })
    const stats = await promisify(compiler.run.bind(compiler))()
    await promisify(compiler.close.bind(compiler))()
    const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {}
    if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
    await writeHtml(project)
    return warnings.map(({ message }) => message)
  },
}
