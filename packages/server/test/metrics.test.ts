import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { registerMetrics } from '../src/metrics.js'
import { contract } from './contract.js'
import { mount, open } from './harness.js'

it('reports to OpenTelemetry until it is ended', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())
  const tidings = createServer(contract, {
    room: { snapshot: () => ({ messages: [] }) },
    send: () => ({ text: '', sentAt: new Date(0) }),
    admin: { ping: () => {}, count: async () => ({ total: 0 }) },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const end = registerMetrics(tidings, { meter: provider.getMeter('test'), attributes: { node: 'a' } })

  const streams = await Promise.all([1, 2].map(async () => open(`${url}/ticks`)))
  for (const n of [1, 2, 3]) await tidings.emit.ticks().tick(n)
  await Promise.all(streams.map((stream) => stream.count(4)))

  async function collect() {
    exporter.reset()
    await reader.forceFlush()
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    return Object.fromEntries(
      points.map(({ descriptor: { name, unit }, dataPoints: [point] }) => [
        name,
        [point?.value, unit, point?.attributes],
      ]),
    )
  }
  const { bytes } = tidings.stats()
  const a = { node: 'a' }
  expect(await collect()).toEqual({
    'tidings.connections': [2, '{connection}', a],
    'tidings.subscriptions': [2, '{subscription}', a],
    'tidings.subscriptions.lagging': [0, '{subscription}', a],
    'tidings.topics': [1, '{topic}', a],
    'tidings.running': [0, '{call}', a],
    'tidings.runs': [0, '{run}', a],
    'tidings.emits': [3, '{event}', a],
    'tidings.deliveries': [6, '{event}', a],
    'tidings.sent': [bytes, 'By', a],
    'tidings.gaps': [0, '{gap}', a],
    'tidings.connections.refused': [0, '{connection}', a],
    'tidings.connections.stalled': [0, '{connection}', a],
  })
  end()
  await tidings.emit.ticks().tick(4)
  await streams[0]?.count(5)
  expect((await collect())['tidings.emits']?.[0] ?? 3).toBe(3)
})
