import { expect, test } from 'vitest'
import { makeEvent } from './feed-event.js'
import { Inspection } from './inspection.js'

function inspected(seqs: readonly number[], chunkSize = 1_000_000): Inspection {
  const inspection = new Inspection()
  const bytes = Buffer.from(seqs.map((seq) => `data: ${JSON.stringify(makeEvent(seq))}\n\n`).join(''))
  for (let at = 0; at < bytes.length; at += chunkSize) inspection.read(bytes.subarray(at, at + chunkSize))
  return inspection
}

test.each([
  { seqs: [4, 5, 6, 7], lost: 0, duplicated: 0, outOfOrder: 0 },
  { seqs: [4, 5, 8, 9], lost: 2, duplicated: 0, outOfOrder: 0 },
  { seqs: [4, 5, 5, 6], lost: 0, duplicated: 1, outOfOrder: 0 },
  { seqs: [4, 6, 5, 7], lost: 1, duplicated: 0, outOfOrder: 1 },
])('$seqs: $lost lost, $duplicated twice, $outOfOrder out of order', ({ seqs, ...faults }) => {
  expect(inspected(seqs)).toMatchObject(faults)
})

test('parses events that are split at any byte', () => {
  for (let chunkSize = 1; chunkSize < 200; chunkSize += 1) {
    const inspection = inspected([1, 2, 3, 123_456], chunkSize)
    expect(inspection).toMatchObject({ lost: 123_452, duplicated: 0, outOfOrder: 0 })
    expect(inspection.latencies).toHaveLength(4)
  }
})
