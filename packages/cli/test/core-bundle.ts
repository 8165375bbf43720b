import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const inPackage = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/**
 * Has modules of contracts that the program loads import `@tidings/core` from its sources, as the tests do, and not from
 * a build that may be older.
 */
export function bundleCore(): void {
  const outdir = inPackage(`node_modules/.cache/core-${process.pid}`)
  buildSync({
    entryPoints: [inPackage('../core/src/index.ts'), inPackage('../core/src/describe.ts')],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    packages: 'external',
    conditions: ['@tidings/source'],
  })
  process.env['JITI_ALIAS'] = JSON.stringify({
    '@tidings/core': `${outdir}/index.mjs`,
    '@tidings/core/describe': `${outdir}/describe.mjs`,
  })
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }))
}
