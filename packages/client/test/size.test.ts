import { basename, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { describe, expect, it } from 'vitest'

interface Bundle {
  /** What it is of, with its code: file names, and how many bytes of each there are. */
  readonly parts: readonly (readonly [file: string, bytes: number])[]
  readonly code: string
  readonly gzipped: number
  /** How many files a page loads at once. */
  readonly files: number
  /** Bytes of each file that it imports when it is asked to, gzipped, by the name of its module. */
  readonly onDemand: Readonly<Record<string, number>>
}

interface BundleOptions {
  readonly withZod?: boolean
  /** Export conditions, besides those of every bundle for browsers. */
  readonly conditions?: readonly string[]
}

/** Bundles a script for a page, as it would be deployed. */
async function bundle(
  script: string,
  { withZod = false, conditions = [] }: BundleOptions = {},
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    splitting: true,
    outdir: 'bundle',
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@tidings/source', ...conditions],
    external: ['react', ...(withZod ? [] : ['zod', 'zod/*'])],
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const loaded = loadedAtOnce(metafile)
  const parts = [...loaded]
    .flatMap((name) => Object.entries(metafile.outputs[name]?.inputs ?? {}))
    .map(([file, { bytesInOutput }]) => [file.replace(/^(\.\.\/)+/, ''), bytesInOutput] as const)
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a)
  const isLoaded = ({ path }: { path: string }) => loaded.has(relative(process.cwd(), path))
  const sizeOf = (texts: string[]) => texts.reduce((sum, text) => sum + gzipSync(text).length, 0)
  const texts = outputFiles.filter(isLoaded).map(({ text }) => text)
  const onDemand = outputFiles
    .filter((file) => !isLoaded(file))
    .map(({ path, text }) => [basename(path).replace(/-\w+\.js$/, ''), sizeOf([text])] as const)
  return {
    parts,
    code: texts.join('\n'),
    gzipped: sizeOf(texts),
    files: texts.length,
    onDemand: Object.fromEntries(onDemand),
  }
}

/** The files that a page loads before it runs: the entry, and what that imports, save what it imports when it is asked to. */
function loadedAtOnce({ outputs }: Metafile): Set<string> {
  const loaded = new Set<string>()
  const load = (name: string) => {
    if (loaded.has(name)) return
    loaded.add(name)
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && path in outputs) load(path)
    }
  }
  for (const [name, { entryPoint }] of Object.entries(outputs)) if (entryPoint === '<stdin>') load(name)
  return loaded
}

const inKilobytes = (bytes: number) => `${(bytes / 1000).toFixed(2)} kB`

const defaultClient = `export { createClient } from '@tidings/client'`
const nativeClient = `export { createClient } from '@tidings/client/native'`
const tanstackQuery = `export * from '@tidings/client/tanstack-query'`
const commandsClient = `export { createClient } from '@tidings/client/commands'`
const pageWithZodMini = `
  import { createClient } from '@tidings/client'
  import { channel, command, defineContract, stream } from '@tidings/core'
  import { isoDate } from '@tidings/core/mini'
  import * as z from 'zod/mini'

  const Message = z.object({ text: z.string().check(z.minLength(1)), sentAt: isoDate })
  const contract = defineContract({
    room: channel({
      params: { roomId: z.string() },
      snapshot: z.object({ messages: z.array(Message) }),
      events: { message: Message },
    }),
    send: command({ input: z.object({ text: z.string() }), output: Message, errors: { muted: z.object({ until: isoDate }) } }),
    complete: stream({ input: z.object({ prompt: z.string() }), events: { token: z.string() }, output: z.object({ tokens: z.number() }) }),
  })
  export const client = createClient(contract, { url: '/events' })
`
const pageWithZod = pageWithZodMini
  .replace(`import { isoDate } from '@tidings/core/mini'`, `import { isoDate } from '@tidings/core'`)
  .replace('zod/mini', 'zod')
  .replace('.check(z.minLength(1))', '.min(1)')

describe('the code of a page, minified and gzipped', () => {
  // The limits are what was measured, rounded up. What each is to come down to stands beside it; decision 017 says
  // where the rest is.
  it.each([
    { what: 'the client', script: defaultClient, limit: 16_650, target: 11_500 },
    {
      what: 'options of TanStack Query, without a client',
      script: tanstackQuery,
      limit: 3_850,
      target: 3_000,
    },
    { what: 'the native client', script: nativeClient, limit: 15_850, target: 10_500 },
    { what: 'the client of commands', script: commandsClient, limit: 5_000, target: 5_000 },
    {
      what: 'the client, a contract and zod/mini',
      script: pageWithZodMini,
      withZod: true,
      limit: 22_500,
      target: 17_000,
    },
    {
      what: 'the client, a contract and zod',
      script: pageWithZod,
      withZod: true,
      limit: 43_500,
      target: 36_000,
    },
  ])('$what stays within $limit bytes', async ({ what, script, limit, target, withZod = false }) => {
    const { gzipped, parts } = await bundle(script, { withZod })
    const biggest = parts.slice(0, 8).map(([file, bytes]) => `${inKilobytes(bytes)} ${file}`)
    const message = [
      `${what} is ${inKilobytes(gzipped)}, over its limit of ${inKilobytes(limit)} (target: ${inKilobytes(target)}).`,
      'Biggest in it, before gzip:',
      ...biggest,
    ].join('\n  ')
    expect(gzipped <= limit, message).toBe(true)
  })
})

describe('the code that a page loads on demand, minified and gzipped', () => {
  it.each([
    { what: 'sharing between tabs', file: 'shared-transport', limit: 4_820 },
    { what: 'runs', file: 'run', limit: 3_150 },
  ])('for $what stays within $limit bytes', async ({ file, limit }) => {
    const { onDemand } = await bundle(defaultClient)
    expect(onDemand[file]).toBeGreaterThan(0)
    expect(onDemand[file]).toBeLessThanOrEqual(limit)
  })

  it('has no code in common with that of the page, which would be a file of its own', async () => {
    const { files, onDemand } = await bundle(defaultClient)
    expect(files).toBe(1)
    expect(Object.keys(onDemand).sort()).toEqual(['run', 'shared-transport'])
  })
})

it('has at most 1,750 bytes more with the hooks of React, without React', async () => {
  const withHooks = await bundle(`${defaultClient}\nexport * from '@tidings/client/react'`)
  const { gzipped } = await bundle(defaultClient)
  expect(withHooks.gzipped - gzipped).toBeLessThanOrEqual(1_750)
})

describe('the code of a page leaves out', () => {
  const filesOf = ({ parts }: Bundle) => parts.map(([file]) => file).join('\n')
  const checkOfContract = /check-contract|json-safety\.ts|unserializable\.ts|\/names\.ts/
  const checkOfOptions = /lib\/options\/check-options\.ts/

  it.each([
    ['a contract', checkOfContract],
    ['options', checkOfOptions],
  ])('the check of %s, except in development', async (_what, check) => {
    expect(filesOf(await bundle(pageWithZodMini))).not.toMatch(check)
    expect(filesOf(await bundle(pageWithZodMini, { conditions: ['development'] }))).toMatch(check)
  })

  it.each([
    ['the client', defaultClient],
    ['the native client', nativeClient],
  ])('every other package, with %s', async (_what, script) => {
    expect(filesOf(await bundle(script))).not.toMatch(/node_modules/)
  })

  it('topics, with a client of commands and its contract', async () => {
    const script = `
      import { createClient } from '@tidings/client/commands'
      import { channel, command, defineContract } from '@tidings/core'
      export const client = createClient(defineContract({ room: channel({ events: {} }), ping: command({}) }), { url: '/' })
    `
    expect(filesOf(await bundle(script))).not.toMatch(/topic|connection-manager|event-/)
  })

  it('the reader over fetch, with the native client', async () => {
    expect(filesOf(await bundle(defaultClient))).toMatch(/fetch-stream\.ts/)
    expect(filesOf(await bundle(nativeClient))).not.toMatch(/fetch-stream\.ts/)
  })

  it('the codecs that its contract does not use', async () => {
    const { code } = await bundle(pageWithZodMini)
    const texts = [
      'Invalid ISO date',
      'Invalid base64',
      'Invalid integer',
      'expected a URL',
      'a Map',
      'a Set',
    ]
    expect(texts.filter((text) => code.includes(text))).toEqual(['Invalid ISO date'])
    const { code: ofZod } = await bundle(pageWithZod)
    expect(texts.filter((text) => ofZod.includes(text))).toEqual(['Invalid ISO date'])
  })

  it.each([
    ['a contract of zod/mini', pageWithZodMini],
    ['the wire', `export * from '@tidings/core/wire'`],
    ['the codecs of zod/mini', `export * from '@tidings/core/mini'`],
    ['the client', defaultClient],
    ['the native client', nativeClient],
    [
      'what declares a contract',
      `export { channel, command, defineContract, isTidingsError, stream, TidingsError } from '@tidings/core'`,
    ],
  ])('has nothing of `zod` with %s', async (_what, script) => {
    expect(filesOf(await bundle(script, { withZod: true }))).not.toMatch(/zod\/v4\/classic|zod\/index/)
  })

  it('the parts of zod that its contract does not use', async () => {
    const files = filesOf(await bundle(pageWithZod, { withZod: true }))
    expect(files).toMatch(/zod\/v4\/classic/)
    expect(files).not.toMatch(/zod\/v4\/locales\/(?!en)|from-json-schema/)
  })

  it('the messages that only a server writes', async () => {
    const { code } = await bundle(defaultClient)
    const texts = ['Unprocessable Content', 'Internal Server Error', 'Client Error']
    expect(texts.filter((text) => code.includes(text))).toEqual([])
  })
})
