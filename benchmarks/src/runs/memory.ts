import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../lib/child.js'
import type { Usage } from '../lib/usage.js'
import type { MemoryServerCommands, Progress } from './memory-server.js'
import type { Received, SlowReadersCommands } from './slow-readers.js'

export interface MemoryScenario {
  readonly name: string
  readonly title: string
  readonly runs: number
  /** The number of events of each run, and the length of their text. */
  readonly events: number
  readonly length: number
  readonly isRead: boolean
}

const endless = 1_000_000_000

export const memoryScenarios: readonly MemoryScenario[] = [
  {
    name: 'unread',
    title: '10,000 runs of 100 short events, unread',
    runs: 10_000,
    events: 100,
    length: 6,
    isRead: false,
  },
  {
    name: 'unread-endless',
    title: '10,000 runs that emit short events without end, unread',
    runs: 10_000,
    events: endless,
    length: 6,
    isRead: false,
  },
  {
    name: 'slow',
    title: '1,000 runs that emit events of 4 KiB without end, each read slowly',
    runs: 1_000,
    events: endless,
    length: 4_000,
    isRead: true,
  },
]

/** The memory of a server that has many runs, before, while and after it has them. */
export interface MemorySample {
  readonly scenario: string
  readonly before: Usage
  /** Before the first event. */
  readonly started: Usage
  readonly during: Usage
  readonly after: Usage
  readonly progress: Progress
  /** What slow readers have received. */
  readonly received: Received | undefined
  /** The number of starts that were refused. */
  readonly refused: number
}

/** How many requests are under way at once. */
const concurrency = 32
/** How long slow readers read, in milliseconds. */
const readingMs = 10_000

export async function measureMemory(scenario: MemoryScenario): Promise<MemorySample> {
  const server = new Child<MemoryServerCommands>(
    '@tidings/benchmarks/runs-memory-server',
    `the server of ${scenario.name}`,
    [],
  )
  const readers = scenario.isRead
    ? new Child<SlowReadersCommands>('@tidings/benchmarks/runs-slow-readers', 'the slow readers')
    : undefined
  // Without connections that are kept alive: the server may close one while a request is on its way.
  const agent = new Agent({ maxSockets: concurrency })
  try {
    const port = await server.call('port')
    const before = await server.call('begin')
    const body = JSON.stringify({ events: scenario.events, length: scenario.length })
    const start = { port, runs: scenario.runs, body }
    let refused = 0
    let ids: string[]
    if (readers) {
      ids = await readers.call('start', start)
    } else {
      ids = Array.from({ length: scenario.runs }, () => randomUUID())
      refused = await postAll(
        agent,
        port,
        ids.map((id) => ({
          path: 'write',
          body,
          headers: { 'idempotency-key': id, prefer: 'respond-async' },
        })),
      )
    }
    const started = await server.call('usage')
    await server.call('emit')
    if (readers) await sleep(readingMs)
    else await server.call('settle')
    const during = await server.call('usage')
    const received = await readers?.call('received')
    await readers?.call('leave')
    await server.call('stop')
    await postAll(
      agent,
      port,
      ids.map((id) => ({ path: `$runs/${id}`, body: '', headers: {} })),
    )
    // Longer than an ended run is kept.
    await sleep(2_000)
    const after = await server.call('usage')
    const progress = await server.call('progress')
    return {
      scenario: scenario.name,
      before,
      started,
      during,
      after,
      progress,
      received,
      refused,
    }
  } finally {
    agent.destroy()
    await Promise.all([server.end(), readers?.end()])
  }
}

interface Posted {
  readonly path: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Sends requests, a number of them at a time. Resolves with how many were refused. */
async function postAll(agent: Agent, port: number, requests: readonly Posted[]): Promise<number> {
  const left = [...requests]
  let refused = 0
  const postSome = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const status = await post(agent, port, next).catch(() => {
        // As a client does: all of the requests may be repeated.
        left.push(next as Posted)
        return sleep(1_000, 200)
      })
      if (status >= 300) refused += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, postSome))
  return refused
}

async function post(agent: Agent, port: number, { path, body, headers }: Posted): Promise<number> {
  const outgoing = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: `/events/${path}`,
    headers: { 'content-type': 'application/json', ...headers },
  })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response.statusCode ?? 0
}
