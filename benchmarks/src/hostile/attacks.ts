import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The server under attack. */
export interface Target {
  readonly port: number
  readonly signal: AbortSignal
  /** Counts a response by its status, or as `cut` if the server ended the connection. */
  count(outcome: string): void
}

export interface Attack {
  readonly name: string
  readonly title: string
  /** Whether the server has a bus on Redis. */
  readonly needsRedis?: boolean
  /** Attacks until the signal fires. Connections that it leaves open count when memory is measured. */
  run(target: Target): Promise<void>
}

interface OpenConnection {
  readonly id: string
  readonly socket: Socket
}

/** Opens a shared connection on a socket of its own, and stops reading after its id. */
async function openConnection({ port }: Target): Promise<OpenConnection> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  let text = ''
  for (;;) {
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    text += bytes.toString()
    const id = /"id":"([^"]+)"/.exec(text)?.[1]
    if (id === undefined) continue
    socket.pause()
    return { id, socket }
  }
}

async function post(
  target: Target,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${target.port}/events/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: target.signal,
    })
    const text = await response.text()
    target.count(String(response.status))
    return text
  } catch {
    if (!target.signal.aborted) target.count('cut')
    return ''
  }
}

function control(target: Target, id: string, operations: readonly object[]): Promise<string> {
  return post(target, `$connections/${id}`, JSON.stringify({ operations }))
}

/** Repeats an action until the signal fires, with a number of them running at once. */
async function repeat(target: Target, concurrency: number, act: () => Promise<unknown>): Promise<void> {
  const loop = async () => {
    while (!target.signal.aborted) await act()
  }
  await Promise.all(Array.from({ length: concurrency }, loop))
}

/** Repeatedly connects, subscribes to as many made-up topics as a connection allows, and leaves. */
function madeUpTopics(channel: string, param: string) {
  return (target: Target) =>
    repeat(target, 1, async () => {
      const { id, socket } = await openConnection(target)
      const operations = Array.from({ length: 1_000 }, () => ({
        subscribe: `${channel}?${param}=${randomUUID()}`,
      }))
      await control(target, id, operations)
      socket.destroy()
    })
}

function keyedCommands(target: Target): Promise<void> {
  return repeat(target, 8, () =>
    post(target, 'report', JSON.stringify({ seed: randomUUID() }), { 'idempotency-key': randomUUID() }),
  )
}

export const attacks: readonly Attack[] = [
  {
    name: 'unread',
    title: 'requests a snapshot of 1 MiB over and over, and reads nothing',
    async run(target) {
      let { id } = await openConnection(target)
      await control(target, id, [{ subscribe: 'board?id=1' }])
      await repeat(target, 8, async () => {
        const response = await control(target, id, [{ snapshot: 'board?id=1' }])
        if (!response.includes('"gone"')) return
        ;({ id } = await openConnection(target))
        await control(target, id, [{ subscribe: 'board?id=1' }])
      })
    },
  },
  {
    name: 'long-names',
    title: 'subscribes to names of 1 MiB',
    async run(target) {
      const { id } = await openConnection(target)
      await repeat(target, 4, () =>
        control(target, id, [{ subscribe: `room?roomId=${randomBytes(500_000).toString('hex')}` }]),
      )
    },
  },
  {
    name: 'topics',
    title: 'subscribes to made-up topics, leaves, and again',
    run: madeUpTopics('room', 'roomId'),
  },
  { name: 'sources', title: 'the same, with a source for each topic', run: madeUpTopics('feed', 'id') },
  {
    name: 'pipelining',
    title: 'sends 3,000 requests for topics on one socket, and again',
    run: (target) =>
      repeat(target, 1, async () => {
        const socket = connect(target.port, '127.0.0.1')
        socket.on('error', () => {})
        const requests = Array.from(
          { length: 3_000 },
          (_, n) => `GET /events/room?roomId=${n} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
        )
        socket.write(requests.join(''))
        socket.resume()
        await Promise.race([once(socket, 'close'), sleep(500)]).catch(() => {})
        target.count(socket.destroyed ? 'cut' : 'held')
        socket.destroy()
      }),
  },
  {
    name: 'operations',
    title: 'sends control requests of 10,000 operations',
    async run(target) {
      const { id } = await openConnection(target)
      const operations = Array.from({ length: 10_000 }, (_, n) => ({ unsubscribe: `room?roomId=${n}` }))
      await repeat(target, 2, () => control(target, id, operations))
    },
  },
  {
    name: 'nesting',
    title: 'sends JSON that is nested 250,000 levels deep',
    run(target) {
      const body = `{"value":${'['.repeat(250_000)}${']'.repeat(250_000)}}`
      return repeat(target, 2, () => post(target, 'store', body, { 'idempotency-key': randomUUID() }))
    },
  },
  {
    name: 'digits',
    title: 'sends a bigint of 900,000 digits',
    run(target) {
      const body = JSON.stringify({ amount: '9'.repeat(900_000) })
      return repeat(target, 2, () => post(target, 'add', body))
    },
  },
  { name: 'responses', title: 'sends keyed commands whose responses are 1 MiB', run: keyedCommands },
  {
    name: 'redis-topics',
    title: 'subscribes to made-up topics with Redis, leaves, and again',
    needsRedis: true,
    run: madeUpTopics('room', 'roomId'),
  },
  {
    name: 'redis-responses',
    title: 'sends keyed commands whose responses are 1 MiB, with Redis',
    needsRedis: true,
    run: keyedCommands,
  },
]
