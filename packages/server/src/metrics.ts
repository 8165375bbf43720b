import { type Attributes, type Meter, metrics, type Observable } from '@opentelemetry/api'
import type { Stats } from './lib/types/stats.js'

/** The options of {@link registerMetrics}. */
export interface MetricsOptions {
  /** The meter to register with. Defaults to the one named `tidings` of the global provider. */
  meter?: Meter
  /** Attributes of every measurement, such as the name of this server. */
  attributes?: Attributes
}

/**
 * Registers a server's stats with OpenTelemetry. They are read when the SDK collects, and cost nothing
 * otherwise.
 *
 * | instrument                      | kind            | unit             | meaning
 * |
 * | ------------------------------- | --------------- | ---------------- |
 * -------------------------------------------------- |
 * | `tidings.connections`           | up-down counter | `{connection}`   | open event streams of topics
 * |
 * | `tidings.subscriptions`         | up-down counter | `{subscription}` | subscriptions on these event
 * streams               |
 * | `tidings.subscriptions.lagging` | up-down counter | `{subscription}` | subscriptions that wait for a slow
 * client          |
 * | `tidings.topics`                | up-down counter | `{topic}`        | topics with subscribers or
 * retained history        |
 * | `tidings.running`               | up-down counter | `{call}`         | commands and streams in progress
 * |
 * | `tidings.runs`                  | up-down counter | `{run}`          | runs of streams in progress or kept after
 * their end |
 * | `tidings.emits`                 | counter         | `{event}`        | events emitted
 * |
 * | `tidings.deliveries`            | counter         | `{event}`        | events written, once for each
 * subscriber           |
 * | `tidings.sent`                  | counter         | `By`             | bytes written to connections
 * |
 * | `tidings.gaps`                  | counter         | `{gap}`          | gaps announced to subscribers
 * |
 * | `tidings.connections.refused`   | counter         | `{connection}`   | connections refused because of a
 * limit             |
 * | `tidings.connections.stalled`   | counter         | `{connection}`   | connections cut because the client
 * stopped reading |
 *
 * @returns a function that unregisters the stats
 */
export function registerMetrics(tidings: { stats(): Stats }, options: MetricsOptions = {}): () => void {
  const { meter = metrics.getMeter('tidings'), attributes = {} } = options
  const upDown = (name: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(name, { unit, description })
  const counter = (name: string, unit: string, description: string) =>
    meter.createObservableCounter(name, { unit, description })

  const instruments: Readonly<Record<keyof Stats, Observable>> = {
    connections: upDown('tidings.connections', '{connection}', 'Open event streams of topics'),
    subscriptions: upDown('tidings.subscriptions', '{subscription}', 'Subscriptions of open event streams'),
    lagging: upDown(
      'tidings.subscriptions.lagging',
      '{subscription}',
      'Subscriptions waiting for a slow client',
    ),
    topics: upDown('tidings.topics', '{topic}', 'Topics with subscribers or retained history'),
    running: upDown('tidings.running', '{call}', 'Commands and runs of streams in progress'),
    runs: upDown('tidings.runs', '{run}', 'Runs of streams in progress, or kept after their end'),
    emits: counter('tidings.emits', '{event}', 'Events emitted'),
    deliveries: counter('tidings.deliveries', '{event}', 'Events written, once for each subscriber'),
    bytes: counter('tidings.sent', 'By', 'Bytes written to connections'),
    gaps: counter('tidings.gaps', '{gap}', 'Gaps announced to subscribers that missed events'),
    refused: counter('tidings.connections.refused', '{connection}', 'Connections refused because of a limit'),
    stalled: counter(
      'tidings.connections.stalled',
      '{connection}',
      'Connections cut because the client stopped reading',
    ),
  }
  const observables = Object.values(instruments)
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const stats = tidings.stats()
    for (const [name, instrument] of Object.entries(instruments)) {
      result.observe(instrument, stats[name as keyof Stats], attributes)
    }
  }
  meter.addBatchObservableCallback(observe, observables)
  return () => meter.removeBatchObservableCallback(observe, observables)
}
