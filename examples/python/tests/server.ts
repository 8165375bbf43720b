// A server that a test in another language cuts and restarts: it reads commands from its standard input, one a line, and
// answers each with a line. The first line is its port.
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { channel, command, defineContract, isoDate, stream, TidingsError } from '@tidings/core'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import * as z from 'zod'

const failure = z.enum(['internal', 'too_large', 'interrupted', 'timeout', 'unavailable', 'cancelled'])

const contract = defineContract({
  // Each event is the number of events so far, so that a reader can tell what is missing.
  counter: channel({ params: { name: z.string() }, snapshot: z.number(), events: { count: z.number() } }),
  // The same without a snapshot.
  ticks: channel({ events: { tick: z.number() } }),
  // Delivers the latest event of each kind only.
  prices: channel({ events: { price: z.number(), note: z.string() } }),
  add: command({
    input: z.object({ name: z.string(), by: z.number().int().max(1_000) }),
    output: z.object({ count: z.number(), at: isoDate }),
    errors: { locked: z.object({ until: isoDate }) },
  }),
  countUp: stream({
    input: z.object({ to: z.number().int(), everyMs: z.number() }),
    events: { count: z.number() },
    output: z.object({ sum: z.number() }),
  }),
  // Sends an event, and fails with the code.
  fail: stream({ input: z.object({ code: failure }), events: { text: z.string() }, output: z.null() }),
})

let failures = 0

function context({ headers }: { headers: Headers }) {
  if (headers.get('authorization') !== 'broken') return {}
  failures += 1
  throw new Error('a mistake of the server')
}

const counts = new Map<string, number>()
let ticks = 0

function start() {
  const tidings = createServer(
    contract,
    { history: { size: 20 }, heartbeatMs: 1_000, retryMs: 10, context, onError: () => {} },
    {
      counter: {
        authorize: ({ params }) => params.name !== 'secret',
        snapshot: ({ params }) => counts.get(params.name) ?? 0,
      },
      add: async ({ input: { name, by }, emit, fail }) => {
        if (name === 'locked') throw fail('locked', { until: new Date(0) })
        for (let step = 0; step < by; step += 1) {
          const count = (counts.get(name) ?? 0) + 1
          counts.set(name, count)
          emit.counter({ name }).count(count)
        }
        return { count: counts.get(name) ?? 0, at: new Date(0) }
      },
      countUp: {
        lingerMs: 30_000,
        run: async function* ({ input: { to, everyMs } }) {
          let sum = 0
          for (let count = 1; count <= to; count += 1) {
            await new Promise((resolve) => setTimeout(resolve, everyMs))
            sum += count
            yield { type: 'count' as const, data: count }
          }
          return { sum }
        },
      },
      prices: { delivery: 'latest' },
      fail: {
        maxBytes: 1_000,
        run: async ({ input: { code }, emit }) => {
          await emit.text('first')
          if (code === 'internal') throw new Error('a mistake of the handler')
          if (code !== 'too_large') throw new TidingsError({ code, retryAfterMs: 1 })
          // Without waiting for its readers: the log of the run fills up.
          for (let count = 0; count < 100; count += 1) void emit.text('x'.repeat(100_000))
          return null
        },
      },
    },
  )
  return { tidings, http: createHttpServer(nodeHandler(tidings, { path: '/events' })) }
}

const listen = (http: Server, port: number) =>
  new Promise<number>((resolve) => {
    http.listen(port, '127.0.0.1', () => resolve((http.address() as AddressInfo).port))
  })

async function replace() {
  server.http.closeAllConnections()
  await new Promise((resolve) => server.http.close(resolve))
  server = start()
  await listen(server.http, port)
}

let server = start()
const port = await listen(server.http, 0)
const commands = {
  /** Cuts every connection without a word. */
  cut: () => server.http.closeAllConnections(),
  /** Ends the server, and starts another, whose topics have new epochs. */
  async restart() {
    await server.tidings.close({ drainMs: 0 })
    await replace()
  },
  /** The same, but the server says nothing to its clients. */
  async crash() {
    const { tidings } = server
    await replace()
    await tidings.close({ drainMs: 0 })
  },
  tick() {
    ticks += 1
    server.tidings.emit.ticks().tick(ticks)
  },
  /** Emits four events at once, of which the first two are replaced. */
  prices() {
    const { prices } = server.tidings.emit
    for (const price of [1, 2, 3]) prices().price(price)
    prices().note('done')
  },
  /** How many requests have failed as the server's mistake. */
  failures: () => failures,
  connections: () => server.tidings.stats().connections,
}

console.log(port)
for await (const line of createInterface({ input: process.stdin })) {
  const result = await commands[line as keyof typeof commands]()
  console.log(JSON.stringify(result ?? null))
}
// The test has ended.
process.exit()
