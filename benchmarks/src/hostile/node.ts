// A server with default options in a process of its own: see bench.ts.
import { createServer as createHttpServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { redisBus } from '@tidings/server/redis'
import { serveParent } from '../lib/child.js'
import { listenOnFreePort } from '../lib/free-port.js'
import { contract } from './contract.js'

/** The memory of the server process in bytes, and the longest block of its event loop in milliseconds. */
export interface Usage {
  readonly rss: number
  readonly heap: number
  readonly peakRss: number
  readonly blockedMs: number
}

const [redisUrl = ''] = process.argv.slice(2)
const megabyte = 'x'.repeat(1024 * 1024)
const handlers = {
  board: { snapshot: () => ({ pixels: megabyte }) },
  feed: {
    source: ({ signal }: { signal: AbortSignal }) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  },
  report: async () => ({ text: megabyte }),
  store: async () => ({ ok: true }),
  add: async () => ({ ok: true }),
}
const tidings = redisUrl
  ? createServer(contract, { bus: redisBus({ url: redisUrl }) }, handlers)
  : createServer(contract, handlers)
const http = createHttpServer(nodeHandler(tidings))
const delay = monitorEventLoopDelay({ resolution: 5 })
let peakRss = 0
setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss())
}, 50).unref()

async function usage(): Promise<Usage> {
  // Two passes, because the first may only make objects collectable.
  globalThis.gc?.()
  await sleep(100)
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external, peakRss: Math.max(peakRss, rss), blockedMs: delay.max / 1e6 }
}

const commands = {
  listen: () => listenOnFreePort(http),
  /** Resets the peaks, and returns the usage before an attack. */
  async begin(): Promise<Usage> {
    const before = await usage()
    peakRss = 0
    delay.reset()
    delay.enable()
    return before
  },
  usage,
  /** Resolves with whether an event still reaches the log. */
  emit: () =>
    tidings.emit
      .room({ roomId: 'probe' })
      .message('still there')
      .then(
        () => true,
        () => false,
      ),
}

export type HostileCommands = typeof commands

serveParent(commands)
