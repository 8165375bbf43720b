import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { afterTurn } from '../runtime/after-turn.js'
import type { Tracing } from '../tracing.js'
import { Log } from './log.js'
import { type ReaderConnection, Topic, type TopicOwner, type TopicReader } from './topic.js'
import { WriteBatcher } from './write-batcher.js'

vi.mock('../runtime/after-turn.js', { spy: true })

const holder = { address: undefined, principal: undefined }

/** Creates a topic that calls a function when its readers have been written to. */
function topicNamed(key: string, onWritten: TopicOwner['onWritten'] = () => {}): Topic {
  const channel = {
    history: { size: 10, ms: 1_000 },
    delivery: 'every',
    loadSnapshot: undefined,
    runSource: undefined,
  } as const
  return new Topic({ key, params: {}, channel }, new Log(key, channel.history, channel.delivery), {
    join: () => {},
    leave: () => {},
    onWritten,
  })
}

/** Creates a connection that counts its flushes. */
function connect(onFlush = () => {}) {
  let isFlushDue = false
  const connection: ReaderConnection & { flushes: number } = {
    flushes: 0,
    enqueue() {
      if (isFlushDue) return false
      isFlushDue = true
      return true
    },
    flush() {
      isFlushDue = false
      connection.flushes += 1
      onFlush()
    },
  }
  return connection
}

function read(topic: Topic, connection: ReaderConnection, hasMore = true): void {
  const reader: TopicReader = {
    holder,
    connection,
    hasMore,
    position: 0,
    onRestarted: () => {},
    onDropped: () => {},
  }
  topic.readers.add(reader)
}

it('flushes a connection once a turn, however many of its topics have changed', async () => {
  const written: string[] = []
  const writes = new WriteBatcher()
  const note = ({ key }: Topic) => written.push(key)
  const [a, b, c] = [topicNamed('a', note), topicNamed('b', note), topicNamed('c', note)]
  const connection = connect()
  const idle = connect()
  for (const topic of [a, b]) read(topic, connection)
  read(c, idle, false)
  for (const topic of [a, b, c, a]) writes.add(topic, 1)
  expect(connection.flushes).toBe(0)
  await turn()
  expect(connection.flushes).toBe(1)
  expect(idle.flushes).toBe(0)
  expect(written).toEqual(['a', 'b', 'c'])
})

it('schedules no other flush from a flush that nothing is added to', () => {
  vi.mocked(afterTurn).mockClear()
  const writes = new WriteBatcher()
  const topic = topicNamed('a')
  read(topic, connect())
  writes.add(topic, 1)
  writes.flush()
  expect(afterTurn).toHaveBeenCalledTimes(1)
})

it('writes an event that a flush appends in the next turn', async () => {
  const writes = new WriteBatcher()
  const topic = topicNamed('a')
  const connection = connect(() => {
    if (connection.flushes === 1) writes.add(topic, 1)
  })
  read(topic, connection)
  writes.add(topic, 1)
  writes.flush()
  expect(connection.flushes).toBe(1)
  await turn()
  await turn()
  expect(connection.flushes).toBe(2)
})

it('flushes at once when a turn has appended 1 Mi characters', () => {
  const writes = new WriteBatcher()
  const topic = topicNamed('a')
  const connection = connect()
  read(topic, connection)
  writes.add(topic, 1024 * 1024 - 1)
  expect(connection.flushes).toBe(0)
  writes.add(topic, 1)
  expect(connection.flushes).toBe(1)
})

it('flushes outside of the trace of the emit that scheduled it, and has each traced event delivered once', async () => {
  const emits = new AsyncLocalStorage<string>()
  const calls: string[] = []
  const tracing: Partial<Tracing> = {
    detach: (run) => emits.exit(run),
    deliver(events) {
      calls.push(`begin ${events.map(({ topic, id, trace }) => `${topic.key} ${id} ${trace}`)}`)
      return () => calls.push('end')
    },
  }
  const writes = new WriteBatcher(tracing as Tracing)
  const topic = topicNamed('a')
  const connection = connect(() => calls.push(`flush in ${emits.getStore()}`))
  read(topic, connection)
  emits.run('an emit', () => {
    for (const trace of ['one', undefined, 'two']) {
      const length = topic.log.append('tested', 'event: tested\ndata: 1\n\n', 0)
      if (trace) writes.trace(topic, trace as never)
      writes.add(topic, length)
    }
  })
  await turn()
  writes.add(topic, 1)
  await turn()
  expect(calls).toEqual(['begin a a.1 one,a a.3 two', 'flush in undefined', 'end', 'flush in undefined'])
})
