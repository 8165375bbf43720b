/** The largest batch, in events and in characters. A longer event is a batch of its own. */
const maxBatch = { count: 500, length: 1024 * 1024 }

/** Returns how many of the events that wait for a bus, oldest first, are its next batch. */
export function batchSize(queue: readonly { readonly body: string }[]): number {
  let length = 0
  for (const [count, { body }] of queue.entries()) {
    length += body.length
    if (count > 0 && (count === maxBatch.count || length > maxBatch.length)) return count
  }
  return queue.length
}
