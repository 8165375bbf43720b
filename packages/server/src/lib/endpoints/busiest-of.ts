import { formatCursor } from '@tidings/core/wire'
import type { Connection } from '../connections/connection.js'
import type { Busiest, BusyConnection } from '../inspection/busiest.js'
import type { ServerContext } from './server-context.js'

/** Returns up to `count` of the busiest topics and connections each. Visits every topic and connection of the server. */
export function busiestOf({ topics, connections }: ServerContext, count: number): Busiest {
  return {
    topics: largest(topics.all, count, ({ readers }) => readers.size).map(({ key, readers, log }) => ({
      key,
      subscribers: readers.size,
      position: formatCursor(log.cursorAt(log.head)),
    })),
    connections: largest(connections, count, ({ subscriptions }) => subscriptions.size).map(busyConnection),
  }
}

function busyConnection({ identity, subscriptions, laggingCount, ageMs }: Connection): BusyConnection {
  const { topic, principal, address } = identity
  return {
    kind: topic === undefined ? 'shared' : 'topic',
    ...(principal !== undefined && { principal }),
    ...(address !== undefined && { address }),
    subscriptions: subscriptions.size,
    lagging: laggingCount,
    openMs: Math.round(ageMs),
  }
}

/** Returns up to `count` items that weigh most, the heaviest first. Keeps no more of them meanwhile. */
function largest<Item>(items: Iterable<Item>, count: number, weigh: (item: Item) => number): Item[] {
  const kept: Item[] = []
  for (const item of items) {
    const weight = weigh(item)
    const lightest = kept[count - 1]
    if (lightest !== undefined && weigh(lightest) >= weight) continue
    const place = kept.findIndex((other) => weigh(other) < weight)
    kept.splice(place === -1 ? kept.length : place, 0, item)
    if (kept.length > count) kept.pop()
  }
  return kept
}
