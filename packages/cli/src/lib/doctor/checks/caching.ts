import type { Finding } from '../finding.js'
import type { WatchedStream } from '../watched-stream.js'

const check = 'caching'

/** Compares two streams that were requested at the same time. Each must be of its own connection. */
export function cachingFinding(first: WatchedStream, second: WatchedStream | undefined): Finding {
  const { headers } = first.exchange
  const hit = /\bhit\b/i.test(
    `${headers['x-cache']} ${headers['cf-cache-status']} ${headers['x-cache-status']}`,
  )
  const id = first.open?.id
  const isShared = second?.open?.id !== undefined && second.open.id === id
  if (isShared || hit || Number(headers['age'] ?? 0) > 0) {
    return {
      check,
      verdict: 'fault',
      fact: isShared
        ? 'two requests got the same event stream: a cache collapses them, and a client gets the events of another'
        : `the event stream came from a cache: ${headers['age'] ? `Age: ${headers['age']}` : `X-Cache: ${headers['x-cache']}`}`,
      advice: 'Keep the mount out of the cache. Event streams are `Cache-Control: private`, which it ignores',
      remedies: [{ of: 'caching' }],
    }
  }
  if (second?.open === undefined) {
    return {
      check,
      verdict: 'fault',
      fact: 'of two requests at the same time, the second got no event: it waits for the end of the first',
      advice: 'Keep the mount out of the cache, which locks equal requests',
      remedies: [{ of: 'caching' }],
    }
  }
  return { check, verdict: 'ok', fact: 'two requests at the same time got two connections' }
}
