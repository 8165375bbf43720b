import { createServer as createHttp } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { channel, defineContract } from '@tidings/core'
import { listenOnFreePort, until } from '@tidings/test-kit'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { createServer, type DisconnectReason } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { post } from './harness.js'
import { FlakyJoint } from './histories/flaky-bus.js'

const contract = defineContract({
  board: channel({
    params: { id: z.string() },
    snapshot: z.object({ version: z.number(), text: z.string() }),
    events: { note: z.number() },
  }),
})

/** A server whose boards are long, and what a test needs of it. */
async function start(boardLength: number) {
  let version = 0
  const reasons: DisconnectReason[] = []
  // Nothing of it is ever lost before the test says so.
  const joint = new FlakyJoint(() => 0.99)
  const tidings = createServer(
    contract,
    {
      bus: joint.connect(),
      heartbeatMs: 60_000,
      hooks: { disconnected: ({ reason }) => reasons.push(reason) },
    },
    {
      board: {
        snapshot: () => {
          version += 1
          return { version, text: 'x'.repeat(boardLength) }
        },
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const server = createHttp(nodeHandler(tidings))
  await listenOnFreePort(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { tidings, joint, port, url: `http://127.0.0.1:${port}/events`, reasons, loads: () => version }
}

/** A shared connection whose client can stop reading. */
class Reader {
  readonly socket: Socket
  readonly events: EventSourceMessage[] = []
  readonly #parser = createParser({ onEvent: (event) => this.events.push(event) })

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    onTestFinished(() => {
      this.socket.destroy()
    })
    // HTTP/1.0 has no framing of chunks.
    this.socket.setEncoding('utf8').write('GET /events HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n')
    this.socket.on('data', (piece: string) => this.#parser.feed(piece))
    this.socket.on('error', () => {})
  }

  named(name: string): EventSourceMessage[] {
    return this.events.filter(({ event }) => event === name)
  }

  async id(): Promise<string> {
    await until(() => this.named('$open').length === 1, 'the connection was open')
    return JSON.parse(this.named('$open')[0]?.data ?? '').id
  }
}

/** Bytes that buffers hold after garbage was collected. */
function heldBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().arrayBuffers
}

const MiB = 1024 * 1024

it('replaces a snapshot that is requested again before it was read', async () => {
  const { port, url, loads } = await start(MiB)
  const reader = new Reader(port)
  const control = `${url}/$connections/${await reader.id()}`
  await post(control, { operations: [{ subscribe: 'board?id=1' }] })
  await until(() => reader.named('$snapshot').length === 1, 'the snapshot had come')
  const before = heldBytes()
  reader.socket.pause()
  for (let n = 0; n < 300; n += 1) {
    expect((await post(control, { operations: [{ snapshot: 'board?id=1' }] })).body.results[0].status).toBe(
      'done',
    )
  }
  await until(() => loads() === 301, 'all of them were loaded')
  expect(heldBytes() - before).toBeLessThan(16 * MiB)
  reader.socket.resume()
  const newest = () => JSON.parse(reader.named('$snapshot').at(-1)?.data ?? '').version
  await until(() => newest() >= 301, 'the newest had come, or one that is newer')
  expect(reader.named('$gap')).toEqual([])
})

it('holds a limited number of snapshots of many topics, and sends all once the client reads', async () => {
  const { tidings, port, url } = await start(MiB)
  const reader = new Reader(port)
  const control = `${url}/$connections/${await reader.id()}`
  const before = heldBytes()
  reader.socket.pause()
  const ids = Array.from({ length: 200 }, (_, n) => String(n))
  for (const id of ids) await post(control, { operations: [{ subscribe: `board?id=${id}` }] })
  await until(() => tidings.stats().lagging > 0, 'its socket was full')
  expect(heldBytes() - before).toBeLessThan(16 * MiB)
  // One of them moves on meanwhile, of which its subscriber is told.
  await tidings.emit.board({ id: '199' }).note(1)
  reader.socket.resume()
  await until(() => reader.named('$snapshot').length === 200, 'every topic had its snapshot')
  await tidings.emit.board({ id: '0' }).note(2)
  await tidings.emit.board({ id: '199' }).note(3)
  await until(() => reader.named('note').length >= 2, 'events had come')
  const gaps = reader.named('$gap').map(({ data }) => JSON.parse(data))
  expect(gaps).toMatchObject([{ topic: 'board?id=199', reason: 'expired' }])
  expect(reader.named('note').map(({ data }) => data)).toEqual(['2', '3'])
})

it('announces one gap for many unread ones, then the newest snapshot', async () => {
  const { joint, port, url, tidings, loads } = await start(64 * 1024)
  const reader = new Reader(port)
  const control = `${url}/$connections/${await reader.id()}`
  await post(control, { operations: [{ subscribe: 'board?id=1' }, { subscribe: 'board?id=2' }] })
  await until(() => reader.named('$snapshot').length === 2, 'the snapshots had come')
  reader.socket.pause()
  // Until nothing more goes into the socket.
  for (let n = 0; tidings.stats().lagging === 0; n += 1) {
    await tidings.emit.board({ id: '2' }).note(n)
    await post(control, { operations: [{ snapshot: 'board?id=2' }] })
  }
  const before = heldBytes()
  for (let n = 0; n < 300; n += 1) {
    const loaded = loads()
    joint.lose()
    await tidings.emit.board({ id: '1' }).note(n)
    await until(() => loads() > loaded, 'the snapshot was loaded anew')
  }
  expect(heldBytes() - before).toBeLessThan(4 * MiB)
  reader.socket.resume()
  const last = () => JSON.parse(reader.named('$snapshot').at(-1)?.data ?? '').version
  await until(() => last() >= loads() - 1, 'the newest snapshot had come')
  const gaps = reader.named('$gap').map(({ data }) => JSON.parse(data).topic)
  expect(gaps.filter((topic) => topic === 'board?id=1')).toHaveLength(1)
})

it('cuts a connection whose client does not read', async () => {
  const { port, url, tidings, reasons } = await start(MiB)
  const reader = new Reader(port)
  const control = `${url}/$connections/${await reader.id()}`
  await post(control, { operations: [{ subscribe: 'board?id=1' }] })
  await until(() => reader.named('$snapshot').length === 1, 'the snapshot had come')
  reader.socket.pause()
  while (tidings.stats().lagging === 0) await post(control, { operations: [{ snapshot: 'board?id=1' }] })
  for (let n = 0; n < 100_000 && reasons.length === 0; n += 1) {
    tidings.reauthorize(() => true)
  }
  await until(() => reasons.length === 1, 'it was over')
  expect(reasons).toEqual(['stalled'])
  expect(tidings.stats()).toMatchObject({ connections: 0, stalled: 1 })
})
