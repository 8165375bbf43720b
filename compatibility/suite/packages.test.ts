import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installation, installPacked, packages } from './packed.js'

const run = promisify(execFile)

/** The paths of a package's `exports` or `imports`, whatever their conditions. */
function pathsIn(conditions: unknown): string[] {
  if (typeof conditions === 'string') return [conditions]
  return Object.values(conditions as Record<string, unknown>).flatMap(pathsIn)
}

describe.each(packages)('the packed @tidings/%s', (name) => {
  let installation: Installation
  let folder: string
  let files: string[]
  let manifest: { exports: Record<string, unknown>; imports?: Record<string, unknown> }

  beforeAll(async () => {
    // All of them: `@tidings/server/testing` imports the client.
    installation = await installPacked()
    folder = installation.packageFolder(name)
    const found = await readdir(folder, { recursive: true, withFileTypes: true })
    files = found
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort()
    manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  })
  afterAll(() => installation?.remove())

  const read = (file: string) => readFile(join(folder, file), 'utf8')
  const scripts = () => files.filter((file) => /^dist\/.*\.c?js$/.test(file))

  it('has every file that its manifest names, and no tests', () => {
    const named = [...pathsIn(manifest.exports), ...pathsIn(manifest.imports ?? {})]
    expect(named.filter((path) => !files.includes(relative('.', path)))).toEqual([])
    expect(files.filter((file) => /\.test(-d)?\.ts$/.test(file))).toEqual([])
  })

  it('has source maps that lead to the shipped sources, and do not repeat them', async () => {
    const maps = files.filter((file) => file.endsWith('.map'))
    expect(maps.length).toBeGreaterThan(0)
    for (const file of maps) {
      const map = JSON.parse(await read(file)) as { sources: string[]; sourcesContent?: (string | null)[] }
      const sources = map.sources.map((source) => relative(folder, resolve(folder, dirname(file), source)))
      expect([file, sources.filter((source) => !files.includes(source))]).toEqual([file, []])
      expect([file, map.sourcesContent?.filter((content) => content !== null) ?? []]).toEqual([file, []])
    }
  })

  it('names the modules of Node with their prefix', async () => {
    const specifier = /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"]([^'"]+)['"]/g
    for (const file of scripts()) {
      const named = [...(await read(file)).matchAll(specifier)].map(([, module = '']) => module)
      expect([file, named.filter((module) => builtinModules.includes(module))]).toEqual([file, []])
    }
  })

  it('has CommonJS without the helpers of a compiler for older syntax', async () => {
    for (const file of scripts()) {
      expect([file, (await read(file)).match(/_optionalChain|_nullishCoalesce|__init\d*\b/g) ?? []]).toEqual([
        file,
        [],
      ])
    }
  })

  it('loads each entry by import and by require, with the same exports', async () => {
    const entries = Object.keys(manifest.exports)
      .filter((entry) => entry !== './package.json')
      .map((entry) => join('@tidings', name, entry))
    const report = (load: string) => `
      const found = {}
      for (const entry of ${JSON.stringify(entries)}) {
        const { default: _, 'module.exports': __, ...names } = ${load}
        found[entry] = Object.entries(names).map(([name, value]) => name + ': ' + typeof value).sort()
      }
      console.log(JSON.stringify(found))`
    const [imported, required] = await Promise.all([
      run('node', ['--input-type=module', '-e', report('await import(entry)')], { cwd: installation.folder }),
      run('node', ['--input-type=commonjs', '-e', report('require(entry)')], { cwd: installation.folder }),
    ])
    const found = JSON.parse(imported.stdout) as Record<string, string[]>
    expect(JSON.parse(required.stdout)).toEqual(found)
    expect(Object.keys(found)).toEqual(entries)
    for (const names of Object.values(found)) expect(names).not.toEqual([])
    expect([imported.stderr, required.stderr]).toEqual(['', ''])
  })

  it('loads every file of its builds, also what is loaded on demand', async () => {
    const paths = JSON.stringify(
      scripts().map((file) => `./${relative(installation.folder, join(folder, file))}`),
    )
    const load = `for (const path of ${paths}) await import(path)`
    const { stdout, stderr } = await run('node', ['--input-type=module', '-e', load], {
      cwd: installation.folder,
    })
    expect([stdout, stderr]).toEqual(['', ''])
  })
})
