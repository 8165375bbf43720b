import type { Handlers } from '@tidings/server'
import type { contract } from '../contract'
import type { Market } from './market'

/** Returns the handlers of the contract, which show a market. */
export function createHandlers(market: Market): Handlers<typeof contract, unknown> {
  return {
    market: {
      delivery: 'latest',
      snapshot: () => ({ listings: [...market.listings], changesPerSecond: market.changesPerSecond }),
      source: ({ emit, signal }) =>
        follow(
          signal,
          market.onPace((changesPerSecond) => void emit.pace({ changesPerSecond })),
        ),
    },
    quote: {
      // A client that reads slowly receives the newest quote of the symbol instead of all that it has missed.
      delivery: 'latest',
      authorize: ({ params }) => market.has(params.symbol),
      snapshot: ({ params }) => market.quoteOf(params.symbol),
      source: ({ params, emit, signal }) =>
        follow(
          signal,
          market.onQuote(params.symbol, (quote) => void emit.changed(quote)),
        ),
    },
    chart: {
      // Every point is a part of the line, so none may be skipped: the delivery is `every`, the default.
      authorize: ({ params }) => market.has(params.symbol),
      snapshot: ({ params }) => ({ points: [...market.pointsOf(params.symbol)] }),
      source: ({ params, emit, signal }) =>
        follow(
          signal,
          market.onPoint(params.symbol, (point) => void emit.point(point)),
        ),
    },
  }
}

/** Keeps a source running until its topic has been without subscribers for a while, and stops its feed then. */
function follow(signal: AbortSignal, stop: () => void): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      stop()
      resolve()
    })
  })
}
