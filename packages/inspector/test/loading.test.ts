import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { expect, it } from 'vitest'

const packages = join(import.meta.dirname, '../..')

/** Bundles an entry, and returns the files that are loaded with it and those that are loaded on demand. */
async function filesOf(entry: string): Promise<{ atOnce: string; onDemand: string }> {
  const { metafile } = await build({
    absWorkingDir: packages,
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    outdir: 'out',
    write: false,
    metafile: true,
    conditions: ['@tidings/source'],
  })
  const outputs = Object.entries(metafile.outputs)
  const first = outputs.find(([, { entryPoint }]) => entryPoint === entry)?.[0] ?? ''
  const loaded = new Set<string>()
  const load = (name: string) => {
    if (loaded.has(name)) return
    loaded.add(name)
    for (const { kind, path } of metafile.outputs[name]?.imports ?? []) {
      if (kind === 'import-statement') load(path)
    }
  }
  load(first)
  const inputsOf = (given: Metafile['outputs'][string]) => Object.keys(given.inputs)
  return {
    atOnce: outputs.flatMap(([name, output]) => (loaded.has(name) ? inputsOf(output) : [])).join('\n'),
    onDemand: outputs.flatMap(([name, output]) => (loaded.has(name) ? [] : inputsOf(output))).join('\n'),
  }
}

it('a server without an inspector loads nothing of it', async () => {
  const { atOnce, onDemand } = await filesOf('server/src/index.ts')
  expect(atOnce).toContain('server/src/lib/server.ts')
  expect(atOnce + onDemand).not.toMatch(/inspector\/|react/)
})

it('a server with an inspector loads the page when it is first asked for', async () => {
  const { atOnce, onDemand } = await filesOf('inspector/src/index.ts')
  expect(atOnce).toContain('inspector/src/lib/inspector.ts')
  expect(atOnce).not.toContain('dist/page.js')
  expect(onDemand).toContain('dist/page.js')
})
