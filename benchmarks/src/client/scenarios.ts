/** How events are emitted to the one client that is measured. */
export interface ClientScenario {
  readonly name: string
  readonly title: string
  /** The number of topics, which take turns. */
  readonly topics: number
  /** Events in one turn of the server's event loop. */
  readonly burst: number
  /** Milliseconds from turn to turn. With 0, the next turn of the event loop. */
  readonly everyMs: number
  readonly warmUp: number
  readonly measured: number
  /** Events whose allocations are sampled afterwards. */
  readonly sampled: number
}

export const clientScenarios: readonly ClientScenario[] = [
  {
    name: 'burst-20',
    title: '200,000 events, 20 a turn',
    topics: 1,
    burst: 20,
    everyMs: 0,
    warmUp: 60_000,
    measured: 200_000,
    sampled: 60_000,
  },
  {
    name: 'every-ms',
    title: '1 event a millisecond',
    topics: 1,
    burst: 1,
    everyMs: 1,
    // Fewer would leave the compiling of a client's code in its figure.
    warmUp: 6_000,
    measured: 6_000,
    sampled: 1_500,
  },
  {
    name: 'topics-300',
    title: '200,000 events of 300 topics on one connection, 20 a turn',
    topics: 300,
    burst: 20,
    everyMs: 0,
    warmUp: 60_000,
    measured: 200_000,
    sampled: 60_000,
  },
]

/** The same scenarios with fewer events, for a test. */
export const quickClientScenarios: readonly ClientScenario[] = clientScenarios.map((scenario) => ({
  ...scenario,
  topics: Math.min(scenario.topics, 30),
  warmUp: 300,
  measured: 600,
  sampled: 300,
}))
