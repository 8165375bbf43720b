import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, post } from './harness.js'

async function start(principal: (context: undefined) => unknown) {
  const errors: [error: unknown, place: string][] = []
  const tidings = createServer(
    contract,
    { principal: principal as () => string, onError: (error, { place }) => void errors.push([error, place]) },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors, url: await mount(expressHandler(tidings)) }
}

const oddities: readonly [what: string, principal: () => unknown, said: string][] = [
  [
    'a promise',
    async () => 'ada',
    'principal returned a promise. Return a string, or undefined for an unknown caller. Await it in `context`, and return its value from `principal`',
  ],
  [
    'a promise that rejects',
    async () => {
      throw new Error('no database')
    },
    'principal returned a promise. Return a string, or undefined for an unknown caller. Await it in `context`, and return its value from `principal`',
  ],
  ['null', () => null, 'principal returned null. Return a string, or undefined for an unknown caller'],
  [
    'a number',
    () => 7,
    'principal returned a value of type number. Return a string, or undefined for an unknown caller',
  ],
  [
    'an object',
    () => ({ id: 'ada' }),
    'principal returned a value of type object. Return a string, or undefined for an unknown caller',
  ],
]

it.each(oddities)(
  'refuses a request whose principal is %s, with a remedy',
  async (_what, principal, said) => {
    const { url, errors, tidings } = await start(principal)
    const rejections: unknown[] = []
    const rejected = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', rejected)
    onTestFinished(() => void process.off('unhandledRejection', rejected))
    const opened = [await open(url), await open(`${url}/ticks`)]
    expect(opened.map(({ response }) => response.status)).toEqual([500, 500])
    const sent = await post(`${url}/send`, { text: 'hi' }, { 'idempotency-key': 'k' })
    expect(sent).toMatchObject({ status: 500, body: { code: 'internal' } })
    expect(errors).toEqual([
      [new Error(said), ''],
      [new Error(said), 'ticks'],
      [new Error(said), 'send'],
    ])
    expect(tidings.stats().connections).toBe(0)
    await new Promise((resolve) => setImmediate(resolve))
    expect(rejections).toEqual([])
  },
)
