// The server whose feed the clients read: see bench.ts.
import { createServer } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTidings } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { serveParent } from '../lib/child.js'
import { feedContract } from '../lib/feed-contract.js'
import { makeEvent } from '../lib/feed-event.js'
import { listenOnFreePort } from '../lib/free-port.js'

// Long enough for a client that reads slower than the server emits.
const tidings = createTidings(feedContract, { history: { size: 1_000_000, ms: 3_600_000 } }, {})
const port = await listenOnFreePort(createServer(nodeHandler(tidings, { path: '/events' })))
let seq = 0

const commands = {
  url: () => `http://127.0.0.1:${port}/events`,

  /** Emits events to the subscriber: so many a turn, and the turns so many milliseconds apart. */
  async emit({ count, burst, everyMs }: { count: number; burst: number; everyMs: number }) {
    while (tidings.stats().subscriptions === 0) await sleep(5)
    for (let left = count; left > 0; left -= burst) {
      for (let n = 0; n < burst; n += 1) void tidings.emit.feed().message(makeEvent(++seq))
      await (everyMs > 0 ? sleep(everyMs) : nextTurn())
    }
  },
}

export type FeedCommands = typeof commands

serveParent(commands)
