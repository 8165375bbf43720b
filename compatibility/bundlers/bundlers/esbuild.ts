import { join } from 'node:path'
import { build, version } from 'esbuild'
import { type Bundler, writeHtml } from './bundler.js'

export const esbuild: Bundler = {
  name: 'esbuild',
  version,
  limitKb: 55,
  async bundle(project) {
    const { warnings } = await build({
      entryPoints: [join(project.app, 'page.ts')],
      outdir: project.output,
      bundle: true,
      splitting: true,
      format: 'esm',
      minify: true,
      sourcemap: true,
      logLevel: 'silent',
    })
    await writeHtml(project)
    return warnings.map(({ text }) => text)
  },
}
