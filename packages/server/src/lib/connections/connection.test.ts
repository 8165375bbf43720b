import { describe, expect, it, onTestFinished } from 'vitest'
import type { Hooks } from '../hooks.js'
import { Chunk } from '../http/chunk.js'
import { Counters } from '../http/counters.js'
import { Heartbeat } from '../http/heartbeat.js'
import type { Subscription } from '../log/subscription.js'
import { Connection, type ConnectionDeps } from './connection.js'

const decoder = new TextDecoder()

/** A connection, and the text of each write to its response. */
function openConnection() {
  const written: string[] = []
  const deps = {
    heartbeat: new Heartbeat(60_000),
    counters: new Counters(),
    options: { heartbeatMs: 60_000, stallMs: 60_000, maxConnectionMs: Number.POSITIVE_INFINITY },
    publicError: (error: unknown) => error,
    writes: { flushSoon: () => {} },
    admission: { release: () => {} },
    hooks: {} satisfies Hooks,
    connections: new Set(),
  } as unknown as ConnectionDeps
  const sink = {
    write(chunk: Chunk) {
      expect(chunk.byteLength).toBe(chunk.bytes.byteLength)
      written.push(decoder.decode(chunk.bytes))
      return true
    },
    cork: () => {},
    uncork: () => {},
    end: () => written.push('the end'),
    abort: () => {},
  }
  const identity = { topic: undefined, principal: undefined, address: undefined }
  const connection = new Connection(deps, sink, identity, Number.POSITIVE_INFINITY)
  onTestFinished(() => connection.end('closed'))
  return { connection, written, deps }
}

/** A subscription that has these frames to write, one at a time. */
function subscriptionTo(
  frames: readonly (string | Chunk | (() => void))[],
  { readers = 1 }: { readers?: number } = {},
): Subscription {
  const left = [...frames]
  return {
    topic: {
      key: 'room',
      readers: { size: readers },
      log: { hasEnded: false },
      channel: {},
      owner: { join: () => {}, leave: () => {} },
    },
    isReady: false,
    nextReady: undefined,
    isComplete: false,
    get hasMore() {
      return left.length > 0
    },
    take() {
      const next = left.shift()
      if (typeof next === 'function') next()
      if (typeof next === 'function' || next === undefined) return undefined
      return { chunk: typeof next === 'string' ? new Chunk(next) : next, count: 1 }
    },
    end: () => {},
  } as unknown as Subscription
}

describe('the frames of a flush', () => {
  it('are one write for all topics that no other connection reads', () => {
    const { connection, written, deps } = openConnection()
    for (const frames of [['ä1', 'ä2'], ['b1'], ['c1']]) connection.add(subscriptionTo(frames))
    connection.flush()
    expect(written).toEqual(['ä1b1c1ä2'])
    expect(deps.counters).toMatchObject({ deliveries: 4, bytes: 10 })
  })

  it('are writes of their own for topics whose bytes other connections share', () => {
    const { connection, written } = openConnection()
    connection.add(subscriptionTo(['a1']))
    connection.add(subscriptionTo(['b1', 'b2'], { readers: 2 }))
    connection.add(subscriptionTo(['c1']))
    connection.add(subscriptionTo(['d1']))
    connection.flush()
    expect(written).toEqual(['a1', 'b1', 'c1d1', 'b2'])
  })

  it('are joined with those that another connection has written before it left', () => {
    const { connection, written } = openConnection()
    const encoded = new Chunk('b€')
    expect(encoded.bytes).toHaveLength(4)
    connection.add(subscriptionTo(['a1']))
    connection.add(subscriptionTo([encoded]))
    connection.flush()
    expect(written).toEqual(['a1b€'])
  })

  it('are joined up to about 16 KiB', () => {
    const { connection, written } = openConnection()
    const frame = 'x'.repeat(6 * 1024)
    for (let n = 0; n < 7; n += 1) connection.add(subscriptionTo([frame]))
    connection.flush()
    expect(written.map(({ length }) => length / 1024)).toEqual([18, 18, 6])
  })

  it('stay in order when a hook ends the connection between them', () => {
    const { connection, written } = openConnection()
    const endByHook = () => connection.end('disconnected', 'unauthorized')
    connection.add(subscriptionTo(['a1', 'a2']))
    connection.add(subscriptionTo([endByHook]))
    connection.flush()
    expect(written).toEqual(['unauthorized', 'the end'])
  })
})
