/** The busiest topics and connections of a server. */
export interface Busiest {
  /** Sorted by their number of subscribers, the largest first. */
  readonly topics: readonly BusyTopic[]
  /** Sorted by their number of subscriptions, the largest first. */
  readonly connections: readonly BusyConnection[]
}

export interface BusyTopic {
  readonly key: string
  readonly subscribers: number
  /** The cursor after its newest event. */
  readonly position: string
}

export interface BusyConnection {
  /** Whether it carries any number of topics, or a single one. */
  readonly kind: 'shared' | 'topic'
  readonly principal?: string
  readonly address?: string
  readonly subscriptions: number
  /** Subscriptions with events waiting because the client reads slowly. */
  readonly lagging: number
  /** Milliseconds since it was opened. */
  readonly openMs: number
}
