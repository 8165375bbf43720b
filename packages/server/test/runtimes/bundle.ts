import { join } from 'node:path'
import { build } from 'esbuild'

/**
 * Bundles a module of this folder for browsers, as a script that sets a global variable to its exports. Fails if
 * anything in the bundle imports a module of Node.
 */
export async function bundle(entry: string, globalName: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName,
    conditions: ['@tidings/source'],
  })
  return outputFiles[0]?.text ?? ''
}
