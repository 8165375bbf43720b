import {
  createServer,
  type InspectedServer,
  type TidingsRequest,
  type TidingsResponse,
} from '@tidings/server'
import { type StatsSample, statsContract } from './stats-contract.js'

const everyMs = 1_000

/** Five minutes. */
const keptSamples = 300

/** How many topics, and how many connections, a sample lists. */
const listed = 20

/** How many connections may watch at once. */
const maxWatchers = 100

export interface StatsFeed {
  /** @param context that of the request on the inspected server, whose `expiresAt` ends a stream here too */
  handle(request: TidingsRequest, context: unknown): Promise<TidingsResponse>
}

/**
 * Returns a server that emits the stats of another one, once a second while a page is subscribed. It closes with the
 * other server, so that none of its streams stays open.
 */
export function createStatsFeed(server: InspectedServer): StatsFeed {
  const samples: StatsSample[] = []
  const contexts = new WeakMap<object, unknown>()
  const take = () => {
    const sample = { at: Date.now(), ...server.stats() }
    samples.push(sample)
    if (samples.length > keptSamples) samples.shift()
    return sample
  }
  // A page that comes back begins with the samples there are, so nothing is sampled for it meanwhile.
  const feed = createServer(
    statsContract,
    {
      lingerMs: 0,
      limits: { connections: maxWatchers },
      context: (request: object) => contexts.get(request),
    },
    {
      stats: {
        snapshot: () => ({ samples: [...samples] }),
        source: async ({ emit, signal }) => {
          while (!signal.aborted) {
            const { topics, connections } = server.busiest(listed)
            void emit.sample({
              sample: take(),
              busiest: { topics: [...topics], connections: [...connections] },
            })
            await delay(everyMs, signal)
          }
        },
      },
    },
  )
  const close = () => void feed.close({ drainMs: 0 })
  if (server.closing.aborted) close()
  else server.closing.addEventListener('abort', close, { once: true })
  return {
    handle(request, context) {
      contexts.set(request, context)
      return feed.handle(request)
    },
  }
}

/** Resolves after a time, or when the signal fires. */
function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
