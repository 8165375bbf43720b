import type { ServerContext } from './endpoints/server-context.js'
import type { Stats } from './types/stats.js'

export function statsOf({ connections, topics, runs, calls, counters }: ServerContext): Stats {
  let subscriptions = 0
  let lagging = 0
  for (const connection of connections) {
    subscriptions += connection.subscriptions.size
    lagging += connection.laggingCount
  }
  return {
    connections: connections.size,
    subscriptions,
    lagging,
    topics: topics.topicCount,
    running: calls.size,
    runs: runs.size,
    ...counters,
  }
}
