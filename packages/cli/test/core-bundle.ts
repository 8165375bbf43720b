import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const inPackage = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/**
 * Has modules of contracts that the program loads import `@tidings/core` from its sources, as the tests do, and not from
 * a build that may be older.
 */
export function bundleCore(): void {
  const outfile = inPackage(`node_modules/.cache/core-${process.pid}.mjs`)
  buildSync({
    entryPoints: [inPackage('../core/src/index.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    packages: 'external',
    conditions: ['@tidings/source'],
  })
  process.env['JITI_ALIAS'] = JSON.stringify({ '@tidings/core': outfile })
}
