// A server with default limits whose runs are not read, or slowly, in a process of its own: see memory.ts.
import { createServer as createHttpServer } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { channel, defineContract, isTidingsError, stream } from '@tidings/core'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import * as z from 'zod'
import { serveParent } from '../lib/child.js'
import { listenOnFreePort } from '../lib/free-port.js'
import { UsageMonitor } from '../lib/usage.js'

/** The state of the runs, and of what they have emitted. */
export interface Progress {
  readonly started: number
  readonly emitted: number
  /** The number of runs by how they ended. */
  readonly ends: Readonly<Record<string, number>>
}

const contract = defineContract({
  write: stream({
    input: z.object({ events: z.int(), length: z.int() }),
    events: { part: z.object({ seq: z.int(), text: z.string() }) },
    output: z.object({}),
  }),
  // The endpoint of shared connections needs a channel.
  unused: channel({ events: { tick: z.int() } }),
})
const monitor = new UsageMonitor()
const ends: Record<string, number> = {}
let started = 0
let emitted = 0
let isStopped = false
let begin: () => void = () => {}
/** Resolves when the runs may emit. */
const mayEmit = new Promise<void>((resolve) => {
  begin = resolve
})

/** Resolves when a signal fires. */
function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const tidings = createServer(
  contract,
  {},
  {
    write: {
      lingerMs: 600_000,
      keepMs: 1_000,
      async run({ input, emit, signal }) {
        started += 1
        const text = 'x'.repeat(input.length)
        await mayEmit
        try {
          for (let seq = 1; seq <= input.events && !isStopped; seq += 1) {
            await emit.part({ seq, text })
            emitted += 1
            // As a model: not all of it in one turn of the event loop.
            if (seq % 10 === 0) await nextTurn()
          }
          if (!isStopped) await fired(signal)
          ends['after all events'] = (ends['after all events'] ?? 0) + 1
        } catch (error) {
          const code = isTidingsError(error) ? error.code : String(error)
          ends[code] = (ends[code] ?? 0) + 1
        }
        return {}
      },
    },
  },
)
const port = await listenOnFreePort(createHttpServer(nodeHandler(tidings, { path: '/events' })))

const commands = {
  port: () => port,
  begin: () => monitor.begin(),
  usage: () => monitor.usage(),
  /** Has the runs emit, all those that were started and those to come. */
  emit: () => begin(),
  /** Resolves when the runs emit no more of their own accord, or after half a minute. */
  async settle() {
    const endsAt = performance.now() + 30_000
    for (let last = -1; emitted !== last && performance.now() < endsAt; await sleep(300)) last = emitted
  },
  /** Has the runs emit no more. */
  stop() {
    isStopped = true
  },
  progress: (): Progress => ({ started, emitted, ends }),
}

export type MemoryServerCommands = typeof commands

serveParent(commands)
