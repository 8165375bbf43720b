import type { Emission } from '../serve.js'

/** Events that flow: measured is what a delivery costs. */
export interface FlowScenario {
  readonly kind: 'flow'
  readonly name: string
  readonly title: string
  readonly connections: number
  readonly inspected: number
  readonly warmUp: Emission
  readonly measured: Emission
}

/** Connections that are idle: measured is what each of them holds. */
export interface IdleScenario {
  readonly kind: 'idle'
  readonly name: string
  readonly title: string
  readonly connections: number
}

export type Scenario = FlowScenario | IdleScenario

/** How much is measured: once each round, for so long. */
export interface Extent {
  readonly measuredMs: number
  readonly warmUpMs: number
  readonly streamEvents: number
  readonly streamMs: number
}

export const fullExtent: Extent = {
  measuredMs: 3_000,
  warmUpMs: 1_500,
  streamEvents: 200_000,
  streamMs: 8_000,
}
export const quickExtent: Extent = { measuredMs: 800, warmUpMs: 800, streamEvents: 40_000, streamMs: 2_000 }

export function scenariosOf(extent: Extent): readonly Scenario[] {
  return [
    fanOut('burst-1', '1,000 connections, 1 event a turn', 1, extent),
    fanOut('burst-20', '1,000 connections, 20 events a turn', 20, extent),
    {
      kind: 'flow',
      name: 'stream',
      title: `1 connection, ${extent.streamEvents.toLocaleString('en')} events, 20 a turn`,
      connections: 1,
      inspected: 1,
      // Fewer on the way than any subject buffers for a subscriber by default or, where that is less, is set to here.
      warmUp: stream(extent.warmUpMs, extent.streamEvents),
      measured: stream(extent.streamMs, extent.streamEvents),
    },
    { kind: 'idle', name: 'idle', title: '5,000 idle connections', connections: 5_000 },
  ]
}

/** The next burst goes out when every connection has all of the one before. */
export function fanOut(
  name: string,
  title: string,
  burst: number,
  extent: Extent,
  connections = 1_000,
): FlowScenario {
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

function stream(atLeastMs: number, atMostEvents: number): Emission {
  return { burst: 20, window: 200, confirmEvery: 100, atLeastBursts: 0, atLeastMs, atMostEvents }
}
