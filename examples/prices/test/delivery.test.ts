import { createTestServer } from '@tidings/server/testing'
import { expect, it } from 'vitest'
import { contract, type Quote } from '../src/contract.js'
import { createHandlers } from '../src/server/handlers.js'
import { Market } from '../src/server/market.js'

const symbol = 'AMAI'

function start() {
  const market = new Market({ seed: 1, changesPerSecond: 4_000, openedAt: Date.UTC(2026, 0, 5, 9) })
  return { market, server: createTestServer(contract, createHandlers(market)) }
}

it('delivers the quotes of a symbol in order, and the newest one last', async () => {
  const { market, server } = start()
  await using _ = server
  const quotes: Quote[] = []
  const take = (quote: Quote) => quotes.push(quote)
  await server.client().quote({ symbol }).subscribe({ snapshot: take, changed: take }).ready
  for (let turn = 0; turn < 20; turn += 1) {
    market.advance(20)
    await server.clock.advance(1)
  }
  const changes = quotes.map(({ change }) => change)
  expect(changes).toEqual([...new Set(changes)].sort((a, b) => a - b))
  expect(quotes.at(-1)).toEqual(market.quoteOf(symbol))
  expect(changes.length).toBeGreaterThan(15)
})

it('skips to the newest quote for a subscriber that was away, without a gap', async () => {
  const { market, server } = start()
  await using _ = server
  const client = server.client()
  const seen: (Quote | 'gap')[] = []
  await client.quote({ symbol }).subscribe({
    snapshot: (quote) => seen.push(quote),
    changed: (quote) => seen.push(quote),
    gap: () => seen.push('gap'),
  }).ready
  const before = seen.length
  server.network.cut(client)
  const first = market.quoteOf(symbol).change
  // Far more quotes than a history keeps.
  for (let turn = 0; turn < 20; turn += 1) {
    market.advance(500)
    await server.clock.advance(1)
  }
  expect(market.quoteOf(symbol).change - first).toBeGreaterThan(500)
  server.network.restore(client)
  client.reconnect()
  await expect.poll(() => seen.length).toBeGreaterThan(before)
  expect(seen.slice(before)).toEqual([market.quoteOf(symbol)])
})

it('delivers every point of a chart, also those of a lost connection', async () => {
  const { market, server } = start()
  await using _ = server
  const client = server.client()
  const times: number[] = []
  await client.chart({ symbol }).subscribe({
    snapshot: ({ points }) => times.push(...points.map(({ at }) => at)),
    point: ({ at }) => times.push(at),
  }).ready
  await expect.poll(() => times.length).toBe(300)
  market.advance(2_000)
  await expect.poll(() => times.length).toBe(302)
  server.network.cut(client)
  market.advance(5_000)
  server.network.restore(client)
  client.reconnect()
  await expect.poll(() => times.length).toBe(307)
  expect(times).toEqual(times.map((_time, n) => (times[0] ?? 0) + n))
})

it('refuses a symbol that is not listed', async () => {
  const { server } = start()
  await using _ = server
  const { ready } = server
    .client()
    .quote({ symbol: 'NONE' })
    .subscribe({ error: () => {} })
  await expect(ready).rejects.toMatchObject({ code: 'forbidden' })
})
