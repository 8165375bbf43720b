import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import helmet from 'helmet'
import { contract } from '../contract'
import { createHandlers } from './handlers'
import type { Market } from './market'
import { slowLink } from './slow-link'

export interface PricesOptions {
  /** The folder of the built page. */
  readonly webFolder: string
  readonly market: Market
  /** What `/slow/events` lets through, in bytes a second. */
  readonly slowBytesPerSecond: number
}

/** Creates the Tidings server of the price board, and an Express app that serves it with the page. */
export function createPrices({ webFolder, market, slowBytesPerSecond }: PricesOptions) {
  const tidings = createServer(
    contract,
    { onError: (error, { place }) => console.error(`Failed at ${place}:`, error) },
    createHandlers(market),
  )

  const app = express()
  // The page is served over plain HTTP, so the browser must not upgrade its requests.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }))
  const events = expressHandler(tidings)
  app.use('/events', events)
  app.use('/slow/events', slowLink(slowBytesPerSecond), events)
  app.use(express.static(webFolder))
  return { app, tidings }
}
