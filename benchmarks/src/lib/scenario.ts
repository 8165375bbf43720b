import type { Emission } from '../serve.js'

/** A scenario with events, which measures the cost of a delivery. */
export interface FlowScenario {
  readonly kind: 'flow'
  readonly name: string
  readonly title: string
  readonly connections: number
  /** How many of the connections parse events. */
  readonly inspected: number
  readonly warmUp: Emission
  readonly measured: Emission
}

/** A scenario without events, which measures the memory of a connection. */
export interface IdleScenario {
  readonly kind: 'idle'
  readonly name: string
  readonly title: string
  readonly connections: number
}

export type Scenario = FlowScenario | IdleScenario

/** How long a subject runs in one round, before and during the measurement. */
export interface Extent {
  readonly warmUpMs: number
  readonly measuredMs: number
}

/** A stream ends after a number of events or the time for a subject, whichever comes first. */
export interface StreamExtent extends Extent {
  readonly events: number
}

export function fullScenarios(): readonly Scenario[] {
  return scenarios(
    { warmUpMs: 1_500, measuredMs: 3_000 },
    { warmUpMs: 1_500, measuredMs: 10_000, events: 200_000 },
  )
}

/** The same scenarios, shorter. */
export function quickScenarios(): readonly Scenario[] {
  return scenarios({ warmUpMs: 800, measuredMs: 800 }, { warmUpMs: 800, measuredMs: 2_000, events: 40_000 })
}

function scenarios(extent: Extent, streamExtent: StreamExtent): readonly Scenario[] {
  const events = streamExtent.events.toLocaleString('en')
  return [
    fanOut({
      name: 'burst-1',
      title: '1,000 connections, 1 event a turn',
      connections: 1_000,
      burst: 1,
      extent,
    }),
    fanOut({
      name: 'burst-20',
      title: '1,000 connections, 20 events a turn',
      connections: 1_000,
      burst: 20,
      extent,
    }),
    stream({ name: 'stream', title: `1 connection, ${events} events, 20 a turn`, extent: streamExtent }),
    { kind: 'idle', name: 'idle', title: '5,000 idle connections', connections: 5_000 },
  ]
}

/**
 * Bursts of events to many connections. Each burst waits until every connection has received the one before.
 */
export function fanOut(given: {
  name: string
  title: string
  connections: number
  burst: number
  extent: Extent
}): FlowScenario {
  const { name, title, connections, burst, extent } = given
  const emission = {
    burst,
    window: burst,
    confirmEvery: burst,
    atLeastBursts: 2,
    atMostEvents: Number.MAX_SAFE_INTEGER,
  }
  return {
    kind: 'flow',
    name,
    title,
    connections,
    inspected: 20,
    warmUp: { ...emission, atLeastMs: extent.warmUpMs },
    measured: { ...emission, atLeastMs: extent.measuredMs },
  }
}

/** A stream of events to one connection, with fewer under way than any subject buffers. */
function stream({
  name,
  title,
  extent,
}: {
  name: string
  title: string
  extent: StreamExtent
}): FlowScenario {
  const emission = {
    burst: 20,
    window: 200,
    confirmEvery: 100,
    atLeastBursts: 0,
    atMostEvents: extent.events,
  }
  return {
    kind: 'flow',
    name,
    title,
    connections: 1,
    inspected: 1,
    warmUp: { ...emission, atLeastMs: extent.warmUpMs },
    measured: { ...emission, atLeastMs: extent.measuredMs },
  }
}
