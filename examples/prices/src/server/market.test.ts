import { expect, it } from 'vitest'
import { Market } from './market'

const openedAt = Date.UTC(2026, 0, 5, 9)
const marketOf = (seed = 1) => new Market({ seed, changesPerSecond: 4_000, openedAt })

it('moves prices as often as it was told to, one step at a time', () => {
  const market = marketOf()
  const { symbol } = market.listings[0] ?? { symbol: '' }
  const paces: number[] = []
  const prices = [market.quoteOf(symbol).price]
  market.onPace((changes) => paces.push(changes))
  market.onQuote(symbol, ({ price }) => prices.push(price))
  for (let turn = 0; turn < 200; turn += 1) market.advance(10)
  expect(paces).toEqual([4_000, 4_000])
  const steps = prices.slice(1).map((price, n) => Math.abs(price / (prices[n] ?? 0) - 1))
  expect(steps.length).toBeGreaterThan(100)
  expect(Math.max(...steps)).toBeLessThan(0.0004)
})

it('gives the same prices for the same seed', () => {
  const pricesOf = (market: Market) => {
    market.advance(2_500)
    return market.listings.map(({ symbol }) => market.quoteOf(symbol))
  }
  const prices = pricesOf(marketOf())
  expect(new Set(marketOf().listings.map(({ symbol }) => symbol)).size).toBe(200)
  expect(pricesOf(marketOf())).toEqual(prices)
  expect(pricesOf(marketOf(2))).not.toEqual(prices)
})

it('keeps five minutes of points, one a second', () => {
  const market = marketOf()
  market.advance(3_400)
  const times = market.pointsOf('AMAI').map(({ at }) => at)
  const last = openedAt / 1_000 + 3
  expect(times).toEqual(Array.from({ length: 300 }, (_, n) => last - 299 + n))
})
