import { describe, expect, it } from 'vitest'
import { type Bundle, bundle, inKilobytes } from './bundle.js'
import { defaultClient, nativeClient, pageWithZod, pageWithZodMini, sizes } from './pages.js'

describe('the code of a page, minified and gzipped', () => {
  it.each(sizes)('$what stays within $limit bytes', async ({ what, script, limit, target, withZod }) => {
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
    { what: 'runs', file: 'run', limit: 3_180 },
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
