import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, type Version } from './compiler.js'
import { type Installation, installPacked } from './packed.js'

interface Mode {
  readonly name: string
  readonly type: 'commonjs' | 'module'
  readonly compilerOptions: Readonly<Record<string, string>>
}

const commonJs: Mode = {
  name: 'node16, as CommonJS',
  type: 'commonjs',
  compilerOptions: { module: 'node16', moduleResolution: 'node16' },
}
const nodeNext: Mode = {
  name: 'nodenext, as modules',
  type: 'module',
  compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
}
const bundler: Mode = {
  name: 'bundler',
  type: 'module',
  compilerOptions: { module: 'esnext', moduleResolution: 'bundler' },
}

/** What each project of `projects/` references, and its options. */
const projects = {
  contract: { references: [], options: {} },
  server: { references: ['contract'], options: { types: ['node'] } },
  client: { references: ['contract'], options: { lib: ['ES2023', 'DOM'] } },
  annotated: { references: ['contract'], options: { lib: ['ES2023', 'DOM'], isolatedDeclarations: true } },
  consumer: { references: ['contract', 'server', 'client', 'annotated'], options: { types: ['node'] } },
} as const

const everyProject = Object.keys(projects) as (keyof typeof projects)[]

describe('a module that exports a client, a server and their parts', () => {
  let installation: Installation
  beforeAll(async () => {
    installation = await installPacked()
  })
  afterAll(() => installation?.remove())

  /** Writes the projects into a folder of their own, and returns it. */
  async function writeProjects(
    version: Version,
    { name, type, compilerOptions }: Mode,
    which = '',
  ): Promise<string> {
    const folder = join(installation.folder, `${version} ${name} ${which}`)
    await cp(join(import.meta.dirname, 'projects'), folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }))
    const shared = {
      target: 'es2022',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      composite: true,
      declaration: true,
      rootDir: folder,
      outDir: join(folder, 'out'),
      ...compilerOptions,
    }
    for (const project of everyProject) {
      const { references, options } = projects[project]
      await writeFile(
        join(folder, project, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: { ...shared, ...options },
          references: references.map((other) => ({ path: `../${other}` })),
        }),
      )
    }
    return folder
  }

  const declarationsOf = (folder: string, project: string) =>
    readFile(join(folder, 'out', project, `${project}.d.ts`), 'utf8')

  // TypeScript 5.5 takes six times as much CPU as 7.0, and `types.test.ts` has the other modes with it.
  it.concurrent.each([
    { version: '5.5', mode: commonJs },
    { version: '7.0', mode: commonJs },
    { version: '7.0', mode: nodeNext },
    { version: '7.0', mode: bundler },
  ] as const)(
    'has declarations that other projects can use, with TypeScript $version and module $mode.name',
    { timeout: 180_000 },
    async ({ version, mode }) => {
      const folder = await writeProjects(version, mode)
      expect(await compile(version, folder, ['-b', 'consumer'])).toEqual([])
      const client = await declarationsOf(folder, 'client')
      expect(client).toContain('export declare const client: import("@tidings/client").Client<')
      const server = await declarationsOf(folder, 'server')
      expect(server).toContain('export declare const tidings: import("@tidings/server").Tidings<')
      // A path into a package would not be portable, and `any` would accept everything.
      expect(`${client}${server}`).not.toMatch(/\/dist\/|\/src\/|\bany\b/)
    },
  )

  it.concurrent('has declarations for a contract of 300 channels', { timeout: 180_000 }, async () => {
    const folder = await writeProjects('7.0', bundler, 'of 300 channels')
    const channels = Array.from({ length: 300 }, (_, i) => `  channel${i}: updates,`)
    const contract = `
      import { channel, defineContract, isoDate } from '@tidings/core'
      import * as z from 'zod'
      const Item = z.object({ id: z.string(), name: z.string(), at: isoDate, tags: z.array(z.string()) })
      const updates = channel({
        params: { id: z.string() },
        snapshot: z.object({ items: z.array(Item) }),
        events: { added: Item, changed: Item, removed: z.object({ id: z.string() }) },
      })
      export const contract = defineContract({
        ${channels.join('\n')}
      })`
    const modules = {
      contract,
      client: `
        import { createClient } from '@tidings/client'
        import { contract } from '../contract/contract.js'
        export const client = createClient(contract, { url: '/events' })
        export const topic = client.channel0({ id: '1' })`,
      server: `
        import { createServer } from '@tidings/server'
        import { contract } from '../contract/contract.js'
        export const tidings = createServer(contract, {} as never)
        export const { emit } = tidings`,
    }
    for (const [project, code] of Object.entries(modules)) {
      await writeFile(join(folder, project, `${project}.ts`), code)
    }
    expect(await compile('7.0', folder, ['-b', 'client', 'server'])).toEqual([])
    expect(await declarationsOf(folder, 'client')).toContain('readonly channel299: ')
    expect(await declarationsOf(folder, 'server')).toContain('readonly channel299: ')
  })
})
