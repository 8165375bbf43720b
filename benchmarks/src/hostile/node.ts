// A server with default options in a process of its own: see bench.ts.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { redisBus } from '@tidings/server/redis'
import { serveParent } from '../lib/child.js'
import { listenOnFreePort } from '../lib/free-port.js'
import { UsageMonitor } from '../lib/usage.js'
import { contract } from './contract.js'

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
const monitor = new UsageMonitor()

const commands = {
  listen: () => listenOnFreePort(http),
  /** Resolves with the usage before an attack. */
  begin: () => monitor.begin(),
  usage: () => monitor.usage(),
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
