import { connect } from 'node:net'
import { channel, defineContract } from '@tidings/core'
import { pause, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type HistoryOptions } from '../src/index.js'
import { mount, open } from './harness.js'

const contract = defineContract({
  price: channel({
    params: { symbol: z.string() },
    events: { bid: z.number(), ask: z.number(), book: z.string() },
  }),
})

async function start(history: HistoryOptions = {}) {
  const tidings = createServer(contract, { history }, { price: { delivery: 'latest' } })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, url: await mount(expressHandler(tidings)) }
}

const pairs = (events: readonly { event?: string | undefined; data: string }[]) =>
  events.map(({ event, data }) => `${event} ${data}`)

it('with latest, delivers only the newest event of each kind of a turn', async () => {
  const { tidings, url } = await start()
  const stream = await open(`${url}/price?symbol=A`)
  await stream.count(1)
  const price = tidings.emit.price({ symbol: 'A' })
  for (let n = 1; n <= 500; n += 1) {
    void price.bid(n)
    if (n <= 10) void price.ask(n)
  }
  await stream.count(3)
  await price.ask(11)
  expect(pairs(await stream.count(4)).slice(1)).toEqual(['ask 10', 'bid 500', 'ask 11'])
})

it('with latest, delivers the newest event of each kind to a slow reader, without a gap', async () => {
  const { tidings, url } = await start({ size: 5 })
  const stalled = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => {
    stalled.destroy()
  })
  stalled.write('GET /events/price?symbol=A HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await new Promise((resolve) => stalled.once('readable', resolve))
  const price = tidings.emit.price({ symbol: 'A' })
  await price.ask(-1)
  // Until no buffer on the way takes more, and then as much again.
  const padding = 'x'.repeat(100_000)
  let books = 0
  for (let stalledAt = Number.POSITIVE_INFINITY; books < 2 * stalledAt; books += 1) {
    void price.book(`${books + 1} ${padding}`)
    await new Promise((resolve) => setImmediate(resolve))
    if (tidings.stats().lagging === 1 && stalledAt > books) stalledAt = books + 1
  }
  await price.ask(-2)
  let text = ''
  stalled.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  stalled.resume()
  await until(() => text.includes('event: ask\ndata: -2'), 'the newest had come')
  expect(text).not.toContain('$gap')
  expect(tidings.stats()).toMatchObject({ lagging: 0, gaps: 0 })
  const seen = [...text.matchAll(/event: book\ndata: "(\d+) /g)].map((match) => Number(match[1]))
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
  expect(seen.at(-1)).toBe(books)
  expect(seen.length).toBeLessThan(books)
})

it('with latest, resumes with the newest event of each kind', async () => {
  const { tidings, url } = await start({ size: 5 })
  const price = tidings.emit.price({ symbol: 'A' })
  const before = await open(`${url}/price?symbol=A`)
  await before.count(1)
  await price.ask(1)
  const seen = (await before.count(2)).at(-1)?.id
  before.leave()
  for (let n = 1; n <= 100; n += 1) await price.bid(n)
  const after = await open(`${url}/price?symbol=A`, { headers: { 'last-event-id': String(seen) } })
  expect(pairs(await after.count(2))).toEqual([expect.stringContaining('$open'), 'bid 100'])
  await price.ask(2)
  expect(pairs(await after.count(3)).at(-1)).toBe('ask 2')
})

it('with latest, announces a gap for a cursor that is too old', async () => {
  const { tidings, url } = await start({ ms: 20 })
  const price = tidings.emit.price({ symbol: 'A' })
  const first = await open(`${url}/price?symbol=A`)
  const start_ = (await first.count(1))[0]?.id
  await price.bid(1)
  await first.count(2)
  await pause(30)
  await price.ask(1)
  await first.count(3)
  const late = await open(`${url}/price?symbol=A`, { headers: { 'last-event-id': String(start_) } })
  expect((await late.count(2))[1]).toMatchObject({ event: '$gap', data: expect.stringContaining('expired') })
})
