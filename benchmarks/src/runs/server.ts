// The server of the runs in a process of its own: see live.ts.
import { createServer as createHttpServer } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { redisBus } from '@tidings/server/redis'
import { serveParent } from '../lib/child.js'
import { makeEvent } from '../lib/feed-event.js'
import { listenOnFreePort } from '../lib/free-port.js'
import { runContract, type Work } from './contract.js'

const [redisUrl = '', retryMs = '2000'] = process.argv.slice(2)

/** Waits for the next turn, if an event was the last of its own. */
function endOfTurn({ burst, everyMs }: Work, event: number): Promise<void> | undefined {
  if (burst === 0 || event % burst !== 0) return undefined
  return everyMs > 0 ? sleep(everyMs) : nextTurn()
}

const bus = redisUrl ? { bus: redisBus({ url: redisUrl }) } : {}
const tidings = createServer(
  runContract,
  { ...bus, retryMs: Number(retryMs) },
  {
    async *generated({ input }) {
      for (let event = 1; event <= input.events; event += 1) {
        yield { type: 'message', data: makeEvent(event) }
        const turn = endOfTurn(input, event)
        if (turn) await turn
      }
      return { events: input.events }
    },
    async awaited({ input, emit }) {
      for (let event = 1; event <= input.events; event += 1) {
        await emit.message(makeEvent(event))
        const turn = endOfTurn(input, event)
        if (turn) await turn
      }
      return { events: input.events }
    },
  },
)
const port = await listenOnFreePort(createHttpServer(nodeHandler(tidings, { path: '/events' })))

const commands = {
  url: () => `http://127.0.0.1:${port}/events`,

  /** Returns the CPU time of the process so far, in microseconds. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
}

export type ServerCommands = typeof commands

serveParent(commands)
