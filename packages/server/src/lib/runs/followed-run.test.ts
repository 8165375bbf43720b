import { setImmediate } from 'node:timers/promises'
import { runKey } from '@tidings/core/wire'
import { expect, it, vi } from 'vitest'
import { memoryBus } from '../bus/memory-bus.js'
import { WriteBatcher } from '../log/write-batcher.js'
import { deferred } from './deferred.js'
import { FollowedRun } from './followed-run.js'
import { unbounded } from './run-log.js'
import { RunRoom } from './run-room.js'

const id = '0123456789abcdef0123456789abcdef'
const key = runKey('count', id)

it('does not end a run again whose end it has not read yet', async () => {
  const bus = memoryBus()
  const { epoch } = await bus.read(key, unbounded)
  const bodies = ['event: item\ndata: 1\n\n', 'event: $output\ndata: 1\n\n']
  await bus.extend(key, { epoch, seq: 0 }, bodies, unbounded)

  const mayRead = deferred()
  const read = bus.read.bind(bus)
  vi.spyOn(bus, 'read').mockImplementation(async (topic, keep, after) => {
    // The read of the last event.
    if (after?.seq === 1) await mayRead.promise
    return read(topic, keep, after)
  })
  const record = { path: 'count', fingerprint: '', epoch, node: 'a', lease: 'b', keepMs: 1e6, maxBytes: 1e6 }
  const run = new FollowedRun(id, record, {
    bus,
    writes: new WriteBatcher(),
    room: new RunRoom(1e6, () => false),
    report: () => {},
    onUnused: () => {},
  })
  const prepared = run.prepare(undefined)
  await vi.waitUntil(() => run.isRunning)
  const interrupted = run.interrupt()
  await setImmediate()
  mayRead.resolve()
  await Promise.all([prepared, interrupted])
  expect(run.topic.log.hasEnded).toBe(true)
  expect((await read(key, unbounded)).head).toBe(2)
  run.stop()
})
