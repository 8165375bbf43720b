import { type Figure, figureOf } from '../lib/result.js'
import { digits, markdownTable } from '../lib/table.js'
import type { CutSample } from './cuts.js'
import type { FlowSample, LiveSample, StartSample } from './live.js'
import { type MemorySample, memoryScenarios } from './memory.js'

/** The rounds of each engine, by its name. The others are compared with the first. */
export type LiveSamples = ReadonlyMap<string, readonly LiveSample[]>

/** What a run costs that is read while it is written. */
export function flowTable(samples: LiveSamples): string {
  const rows = rowsOf(
    samples,
    ({ flows }) => flows,
    ({ flow, reader }) => [flow, reader],
    [
      (all, base) => costAndRatio(all, base, (sample) => sample.serverUs, 'µs'),
      (all, base) => costAndRatio(all, base, (sample) => sample.readerUs, 'µs'),
      (all) => [`${digits(figureOf(all.map(({ redisUs }) => redisUs)).median)} µs`],
      (all) => [
        Math.round(figureOf(all.map(({ eventsPerSecond }) => eventsPerSecond)).median).toLocaleString('en'),
      ],
    ] satisfies readonly Column<FlowSample>[],
  )
  const [base = ''] = samples.keys()
  const header = [
    'events',
    'read by',
    'engine',
    'server CPU',
    `of ${base}`,
    'reader CPU',
    `of ${base}`,
    'Redis CPU',
    'events/s',
  ]
  return markdownTable([header, ...rows])
}

/** How long a run takes to its first event. */
export function startTable(samples: LiveSamples): string {
  const rows = rowsOf(
    samples,
    ({ starts }) => starts,
    ({ reader }) => [reader],
    [
      (all, base) => costAndRatio(all, base, (sample) => sample.medianMs, 'ms'),
      (all, base) => costAndRatio(all, base, (sample) => sample.p99Ms, 'ms'),
      (all, base) => costAndRatio(all, base, (sample) => sample.serverUs, 'µs'),
    ] satisfies readonly Column<StartSample>[],
  )
  const [base = ''] = samples.keys()
  const ratio = `of ${base}`
  const header = ['read by', 'engine', 'median', ratio, 'p99', ratio, 'server CPU', ratio]
  return markdownTable([header, ...rows])
}

/** The cells of an engine's rounds beside the same rounds of the first engine. */
type Column<Sample> = (all: readonly Sample[], base: readonly Sample[]) => readonly string[]

function rowsOf<Sample>(
  samples: LiveSamples,
  pick: (sample: LiveSample) => readonly Sample[],
  name: (sample: Sample) => readonly string[],
  columns: readonly Column<Sample>[],
): string[][] {
  const [first = []] = samples.values()
  const places = first[0] ? pick(first[0]).keys() : []
  return [...places].flatMap((place) => {
    const at = (rounds: readonly LiveSample[]) => rounds.map((round) => pick(round)[place] as Sample)
    const base = at(first)
    return [...samples].map(([engine, rounds]) => {
      const all = at(rounds)
      return [...name(all[0] as Sample), engine, ...columns.flatMap((column) => column(all, base))]
    })
  })
}

function costAndRatio<Sample>(
  all: readonly Sample[],
  base: readonly Sample[],
  pick: (sample: Sample) => number,
  unit: string,
): readonly string[] {
  const ratio = figureOf(all.map((sample, round) => pick(sample) / pick(base[round] as Sample)))
  return [`${digits(figureOf(all.map(pick)).median)} ${unit}`, ratioText(ratio)]
}

function ratioText({ median, least, most }: Figure): string {
  return `${digits(median)} × (${digits(least)} to ${digits(most)})`
}

const mib = (bytes: number) => `${digits(bytes / 2 ** 20)} MiB`

/** What many runs make a server hold. */
export function memoryTable(samples: readonly MemorySample[]): string {
  const header = [
    'runs',
    'events emitted',
    'held',
    'of each run without events',
    'RSS at the most',
    'held after',
    'loop blocked',
    'readers',
    'ends',
  ]
  const rows = samples.map(({ scenario, before, started, during, after, progress, received, refused }) => [
    memoryScenarios.find(({ name }) => name === scenario)?.title ?? scenario,
    progress.emitted.toLocaleString('en'),
    mib(during.heap - before.heap),
    `${digits((started.heap - before.heap) / 1024 / progress.started)} KiB`,
    mib(during.peakRss - before.rss),
    mib(after.heap - before.heap),
    `${digits(after.blockedMs)} ms`,
    received
      ? `${received.events.toLocaleString('en')} received, ${received.least} at the least, ${received.outOfOrder || 'none'} out of order`
      : '',
    [...Object.entries(progress.ends), ...(refused > 0 ? [['refused', refused] as const] : [])]
      .map(([end, count]) => `${count.toLocaleString('en')} × ${end}`)
      .join(', '),
  ])
  return markdownTable([header, ...rows])
}

/** How clients go on whose connections are cut. */
export function cutTable(samples: readonly CutSample[]): string {
  const header = [
    'nodes',
    'clients',
    'cuts',
    'events',
    'lost or wrong',
    'first event after a cut',
    'p99',
    'at the most',
  ]
  const rows = samples.map((sample) => [
    sample.nodes === 1 ? '1, in memory' : `${sample.nodes}, on Redis`,
    String(sample.clients),
    sample.cuts.toLocaleString('en'),
    sample.received.toLocaleString('en'),
    [sample.wrong || 'none', ...sample.failures].join('; '),
    `${digits(sample.medianMs)} ms`,
    `${digits(sample.p99Ms)} ms`,
    `${digits(sample.longestMs)} ms`,
  ])
  return markdownTable([header, ...rows])
}
