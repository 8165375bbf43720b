/** The topics and connections of a server that have the most to do. */
export interface Busiest {
  /** Those with the most subscribers first. */
  readonly topics: readonly BusyTopic[]
  /** Those with the most subscriptions first. */
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
