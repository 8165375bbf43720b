import type { Site } from './site.js'

/** What a server is doing at the moment, and what it has done since it was created. */
export interface Stats {
  /** Open connections, shared ones and those of single topics. */
  readonly connections: number
  readonly subscriptions: number
  /** Subscriptions that are owed something their clients have no room for, because they read slowly. */
  readonly lagging: number
  /** Topics with subscribers, or that a subscriber may come back to. */
  readonly topics: number
  /** Commands and streams that are being answered. */
  readonly running: number
  /** Events emitted, whether anyone was subscribed or not. */
  readonly emits: number
  /** Events written to subscribers: one that has a thousand counts a thousand. */
  readonly deliveries: number
  /** Bytes written to connections, before they are framed for HTTP. */
  readonly bytes: number
  /** How many times a subscriber was told that it has missed events. */
  readonly gaps: number
  /** Connections refused because there were too many. */
  readonly refused: number
  /** Connections cut because their clients did not read. */
  readonly stalled: number
}

/** Takes stock. */
export function statsOf({ connections, hub, runs, tally }: Site): Stats {
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
    topics: hub.topicCount,
    running: runs.size,
    ...tally,
  }
}
