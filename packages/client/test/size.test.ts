import { relative } from 'node:path'
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
  /** Bytes of what it imports when it is asked to, gzipped. */
  readonly gzippedOnDemand: number
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
    external: withZod ? [] : ['zod', 'zod/*'],
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
  const textsOf = (files: typeof outputFiles) => files.map(({ text }) => text)
  const sizeOf = (texts: string[]) => texts.reduce((sum, text) => sum + gzipSync(text).length, 0)
  const texts = textsOf(outputFiles.filter(isLoaded))
  const onDemand = textsOf(outputFiles.filter((file) => !isLoaded(file)))
  return {
    parts,
    code: texts.join('\n'),
    gzipped: sizeOf(texts),
    files: texts.length,
    gzippedOnDemand: sizeOf(onDemand),
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
  // The limits are what was measured, rounded up. What each is to come down to stands beside it.
  it.each([
    { what: 'the client', script: defaultClient, limit: 18_030, target: 8_000 },
    { what: 'the native client', script: nativeClient, limit: 17_170, target: 5_000 },
    {
      what: 'the client, a contract and zod/mini',
      script: pageWithZodMini,
      withZod: true,
      limit: 23_950,
      target: 13_000,
    },
    {
      what: 'the client, a contract and zod',
      script: pageWithZod,
      withZod: true,
      limit: 44_830,
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

it('loads no more than 4,850 bytes more when its tabs share a connection', async () => {
  const { gzippedOnDemand } = await bundle(defaultClient)
  expect(gzippedOnDemand).toBeLessThanOrEqual(4_850)
  expect(gzippedOnDemand).toBeGreaterThan(0)
})

it('loads one file, which code on demand has nothing in common with', async () => {
  expect((await bundle(defaultClient)).files).toBe(1)
})

describe('the code of a page leaves out', () => {
  const filesOf = ({ parts }: Bundle) => parts.map(([file]) => file).join('\n')
  const check = /check-contract|json-safety\.ts|unserializable\.ts|\/names\.ts/

  it('the check of a contract, except in development', async () => {
    expect(filesOf(await bundle(pageWithZodMini))).not.toMatch(check)
    expect(filesOf(await bundle(pageWithZodMini, { conditions: ['development'] }))).toMatch(check)
  })

  it.each([
    ['the client', defaultClient],
    ['the native client', nativeClient],
  ])('every other package, with %s', async (_what, script) => {
    expect(filesOf(await bundle(script))).not.toMatch(/node_modules/)
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
