// The server whose events a client reads, in a process of its own: see bench.ts.
import { createServer } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { serveParent } from '../lib/child.js'
import { makeEvent } from '../lib/feed-event.js'
import { listenOnFreePort } from '../lib/free-port.js'
import { expectedSubscriptions, type FeedName, feeds } from './feeds.js'

const [name, topicsText] = process.argv.slice(2)
const feedName = name as FeedName
const topics = Number(topicsText)
const server = createServer((request, response) => {
  if (feed.handler && /^\/(events|trpc)\b/.test(request.url ?? '')) feed.handler(request, response)
  else if (request.url === '/')
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">')
  else response.writeHead(404).end()
})
const feed = feeds[feedName](server, topics)
const port = await listenOnFreePort(server)
let seq = 0

const commands = {
  url: () => `http://127.0.0.1:${port}`,

  /** Emits events to the client: so many a turn, and the turns so many milliseconds apart. */
  async emit({ count, burst, everyMs }: { count: number; burst: number; everyMs: number }) {
    while (feed.subscriptions() < expectedSubscriptions(feedName, topics)) await sleep(5)
    for (let left = count; left > 0; left -= burst) {
      for (let n = 0; n < burst; n += 1) {
        seq += 1
        feed.emit({ ...makeEvent(seq), room: seq % topics })
      }
      await (everyMs > 0 ? sleep(everyMs) : nextTurn())
    }
  },
}

export type FeedCommands = typeof commands

serveParent(commands)
