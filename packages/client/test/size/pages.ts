/** The scripts of pages whose code is measured. */

export const defaultClient = `export { createClient } from '@tidings/client'`
export const nativeClient = `export { createClient } from '@tidings/client/native'`
export const tanstackQuery = `export * from '@tidings/client/tanstack-query'`
export const commandsClient = `export { createClient } from '@tidings/client/commands'`
export const pageWithZodMini = `
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
export const pageWithZod = pageWithZodMini
  .replace(`import { isoDate } from '@tidings/core/mini'`, `import { isoDate } from '@tidings/core'`)
  .replace('zod/mini', 'zod')
  .replace('.check(z.minLength(1))', '.min(1)')

/**
 * The sizes to keep, in bytes, minified and gzipped. The limits are what was measured, rounded up. What each is to come
 * down to stands beside it; decision 017 says where the rest is.
 */
export const sizes = [
  { what: 'the client', script: defaultClient, limit: 16_800, target: 11_500 },
  {
    what: 'options of TanStack Query, without a client',
    script: tanstackQuery,
    limit: 4_030,
    target: 3_000,
  },
  { what: 'the native client', script: nativeClient, limit: 15_980, target: 10_500 },
  { what: 'the client of commands', script: commandsClient, limit: 5_000, target: 5_000 },
  {
    what: 'the client, a contract and zod/mini',
    script: pageWithZodMini,
    withZod: true,
    limit: 22_660,
    target: 17_000,
  },
  {
    what: 'the client, a contract and zod',
    script: pageWithZod,
    withZod: true,
    limit: 43_630,
    target: 36_000,
  },
]
