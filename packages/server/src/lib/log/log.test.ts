import { encodeEventBody } from '@tidings/core/wire'
import { describe, expect, it } from 'vitest'
import type { Delivery } from '../history.js'
import { Log } from './log.js'

function filled(events: number, size: number, length = 10, delivery: Delivery = 'every') {
  const log = new Log('e', { size, ms: 1_000 }, delivery)
  for (let n = 1; n <= events; n += 1)
    log.append(`kind${n % 2}`, `event: e\ndata: ${'x'.repeat(length)}\n\n`, n)
  return log
}

/** Reads a log from a position, batch by batch. Returns the sequence numbers and the sizes of the batches. */
function readAll(log: Log, from: number): { seqs: number[]; batchSizes: number[] } {
  const seqs: number[] = []
  const batchSizes: number[] = []
  for (let batch = log.readFrom(from); batch; batch = log.readFrom(batch.seq)) {
    const ids = [
      ...Buffer.from(batch.chunk.bytes)
        .toString()
        .matchAll(/^id: e\.(\d+)$/gm),
    ].map((match) => Number(match[1]))
    expect(ids).toHaveLength(batch.count)
    expect(ids.at(-1)).toBe(batch.seq)
    batchSizes.push(batch.chunk.byteLength)
    seqs.push(...ids)
  }
  return { seqs, batchSizes }
}

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n)

describe('a log', () => {
  it.each([0, 3, 99, 100])('returns every event after position %i once', (seq) => {
    const log = filled(100, 100)
    log.trim(100)
    expect(readAll(log, seq).seqs).toEqual(from(seq + 1, 100))
  })

  it('returns all events of a turn at once to a reader that keeps up, and some at a time to one behind', () => {
    const log = filled(100, 200, 10_000)
    expect(readAll(log, 0).batchSizes).toHaveLength(1)
    log.trim(100)
    const { seqs, batchSizes } = readAll(log, 0)
    expect(seqs).toEqual(from(1, 100))
    expect(Math.max(...batchSizes)).toBeLessThan(80_000)
    expect(batchSizes.length).toBeGreaterThan(12)
  })

  it('shares the bytes between readers at one position until an event is appended', () => {
    const log = filled(3, 10)
    const first = log.readFrom(1)
    expect(log.readFrom(1)).toBe(first)
    log.append('kind', 'event: e\ndata: 4\n\n', 4)
    expect(readAll(log, 1).seqs).toEqual([2, 3, 4])
  })

  it('keeps events beyond its bounds until it is trimmed', () => {
    const log = filled(50, 10)
    expect(log.reaches(0)).toBe(true)
    log.trim(50)
    expect([39, 40].map((seq) => log.reaches(seq))).toEqual([false, true])
    expect(readAll(log, 40).seqs).toEqual(from(41, 50))
    log.trim(1_045.5)
    expect([44, 45].map((seq) => log.reaches(seq))).toEqual([false, true])
    log.trim(5_000)
    expect([49, 50].map((seq) => log.reaches(seq))).toEqual([false, true])
  })

  it('keeps one event of each name with latest, and superseded events are not a gap', () => {
    const log = filled(50, 10, 10, 'latest')
    expect(readAll(log, 0).seqs).toEqual([49, 50])
    log.trim(50)
    expect(readAll(log, 20).seqs).toEqual([49, 50])
    expect(readAll(log, 49).seqs).toEqual([50])
    log.append('kind0', 'event: e\ndata: 51\n\n', 51)
    expect(readAll(log, 0).seqs).toEqual([49, 51])
    log.trim(1_049.5)
    expect([0, 48, 49, 51].map((seq) => log.reaches(seq))).toEqual([false, false, true, true])
  })

  it('reaches only its head if it keeps no events', () => {
    const log = filled(5, 0)
    expect(readAll(log, 0).seqs).toEqual(from(1, 5))
    log.trim(5)
    expect([4, 5].map((seq) => log.reaches(seq))).toEqual([false, true])
    expect(log.readFrom(5)).toBeUndefined()
  })

  it('stores an event in one piece, and not as the parts of its text', () => {
    const used = () => {
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    const logs = Array.from({ length: 10 }, () => new Log('epoch', { size: 10_000, ms: 10_000 }, 'every'))
    const before = used()
    for (const log of logs) {
      for (let n = 1; n <= 2_000; n += 1) log.append('e', encodeEventBody('e', { n, text: 'to be' }), n)
    }
    // A frame has 58 characters, and takes more than 350 bytes as the tree of its parts.
    expect((used() - before) / 20_000).toBeLessThan(250)
    expect(logs.map(({ head }) => head)).toEqual(logs.map(() => 2_000))
  })
})
