import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { directoryWith } from '../../test/directory.js'
import { loadModule } from './load-module.js'

/** What `defineContract({ room: channel({ events: {} }) })` returns, without compiling `@tidings/core`. */
const contract = `{ room: { kind: 'channel', params: {}, snapshot: undefined, events: {} } }`

/** Loads a module of the given text, and returns the names of the procedures. */
async function proceduresOf(name: string, text: string, exportName?: string) {
  const directory = await directoryWith({ [name]: text })
  const { document } = await loadModule(join(directory, name), name, exportName)
  return Object.keys(document.procedures)
}

describe('loadModule', () => {
  it.for([
    ['contract.ts', `export const contract = ${contract}`],
    ['default.ts', `export const other: number = 1\nexport default ${contract}`],
    ['assigned.cts', `const api = ${contract}\nexport = api`],
    ['contract.mjs', `export const contract = ${contract}`],
    ['default.mjs', `export default ${contract}`],
    ['contract.cjs', `exports.contract = ${contract}`],
    ['assigned.cjs', `module.exports = ${contract}`],
    ['compiled.cjs', `exports.__esModule = true\nexports.default = ${contract}`],
  ] as const)('takes the contract that %s exports', async ([name, text]) => {
    expect(await proceduresOf(name, text)).toEqual(['room'])
  })

  it.for(['api.ts', 'api.mjs'])('refuses %s, which exports a contract under another name', async (name) => {
    const text = `export const api = ${contract}`
    await expect(proceduresOf(name, text)).rejects.toMatchObject({
      message: `${name} does not export \`contract\`, nor a default`,
      hint: 'These exports are contracts: --export api',
    })
    expect(await proceduresOf(name, text, 'api')).toEqual(['room'])
  })

  it('does not take a group of the default export for an export', async () => {
    const text = `export default { chat: ${contract} }`
    await expect(proceduresOf('default.ts', text, 'chat')).rejects.toThrow('does not export `chat`')
  })

  it('resolves the paths that tsconfig.json declares', async () => {
    const directory = await directoryWith({
      'tsconfig.json': `{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }`,
    })
    await mkdir(join(directory, 'src'))
    await writeFile(join(directory, 'src/room.ts'), `export const contract = ${contract}`)
    await writeFile(join(directory, 'src/contract.ts'), `export { contract } from '@/room'`)
    const { document } = await loadModule(join(directory, 'src/contract.ts'), 'src/contract.ts', undefined)
    expect(Object.keys(document.procedures)).toEqual(['room'])
  })

  it('says that tsconfig.json cannot be read', async () => {
    const directory = await directoryWith({
      'tsconfig.json': `{ "extends": "./missing.json" }`,
      'contract.ts': `export const contract = ${contract}`,
    })
    await expect(loadModule(join(directory, 'contract.ts'), 'contract.ts', undefined)).rejects.toThrow(
      /^Cannot load contract\.ts: Error: .*missing\.json/,
    )
  })
})
