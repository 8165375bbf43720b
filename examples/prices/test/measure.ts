// Measures what a price costs when each symbol is a topic, and when one topic carries all prices at each tick.
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@tidings/client'
import { channel, defineContract } from '@tidings/core'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import * as z from 'zod'
import { Quote } from '../src/contract.js'
import { Market } from '../src/server/market.js'

const measuredMs = 10_000
const changesPerSecond = 4_000
const contract = defineContract({
  quote: channel({ params: { symbol: z.string() }, events: { changed: Quote } }),
  board: channel({ events: { tick: z.object({ quotes: z.array(Quote) }) } }),
})

/** Which symbols a client follows. */
type Followed = 'all' | 'ten'

async function measure(way: 'a topic a symbol' | 'a board each 50 ms', followed: Followed): Promise<void> {
  const market = new Market({ seed: 1, changesPerSecond, openedAt: Date.now() })
  const symbols = market.listings.map(({ symbol }) => symbol)
  const tidings = createServer(contract, {
    quote: {
      delivery: 'latest',
      source: ({ params, emit, signal }) => {
        const stop = market.onQuote(params.symbol, (quote) => void emit.changed(quote))
        signal.addEventListener('abort', stop)
      },
    },
    board: { delivery: 'latest' },
  })
  const http = createHttpServer(nodeHandler(tidings))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const client = createClient(contract, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/events`,
  })
  let received = 0
  const count = () => {
    received += 1
  }
  let tick: NodeJS.Timeout | undefined
  if (way === 'a topic a symbol') {
    const shown = followed === 'all' ? symbols : symbols.slice(-10)
    await Promise.all(shown.map((symbol) => client.quote({ symbol }).on('changed', count).ready))
  } else {
    await client.board().on('tick', count).ready
    tick = setInterval(() => {
      void tidings.emit.board().tick({ quotes: symbols.map((symbol) => market.quoteOf(symbol)) })
    }, 50)
  }
  const stop = market.start()
  await pause(1_000)
  const [before, cpu, bytes] = [received, process.cpuUsage(), tidings.stats().bytes]
  await pause(measuredMs)
  const { user, system } = process.cpuUsage(cpu)
  const seconds = measuredMs / 1_000
  console.log(
    `${way}, ${followed} shown: ${Math.round((received - before) / seconds)} events/s,`,
    `${Math.round((tidings.stats().bytes - bytes) / seconds / 1_000)} kB/s,`,
    `${Math.round((user + system) / measuredMs / 10)} % of a core`,
  )
  stop()
  clearInterval(tick)
  client.close()
  await tidings.close({ drainMs: 0 })
  http.close()
  http.closeAllConnections()
}

for (const followed of ['all', 'ten'] as const) {
  await measure('a topic a symbol', followed)
  await measure('a board each 50 ms', followed)
}
