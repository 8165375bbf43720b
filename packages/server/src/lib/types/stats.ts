/** A server's current state, and its totals since it was created. */
export interface Stats {
  /** Open connections, both shared and single-topic. */
  readonly connections: number
  readonly subscriptions: number
  /** Subscriptions with events waiting because their clients read slowly. */
  readonly lagging: number
  /** Topics with subscribers or retained history. */
  readonly topics: number
  /** Commands and runs of streams in progress. */
  readonly running: number
  /** Runs of streams in progress, and those that are kept after their end. */
  readonly runs: number
  /** Events emitted, with or without subscribers. */
  readonly emits: number
  /** Events written, counted once for each subscriber. */
  readonly deliveries: number
  /** Bytes written to connections, before HTTP framing. */
  readonly bytes: number
  /** Gaps announced to subscribers that missed events. */
  readonly gaps: number
  /** Connections refused because of a limit. */
  readonly refused: number
  /** Connections closed because their clients stopped reading. */
  readonly stalled: number
}
