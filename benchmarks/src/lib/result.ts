import type { FlowSample, IdleSample, Sample } from './measure.js'
import { quantile } from './quantile.js'
import type { Scenario } from './scenario.js'
import { baselineOf } from './subject-names.js'

/** The median and range of a figure over several rounds. */
export interface Figure {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** The figures of a subject over all rounds of a scenario with events. */
export interface FlowResult {
  readonly kind: 'flow'
  readonly subject: string
  readonly cpuUs: Figure
  /** The CPU as a multiple of the baseline's in the same round, if the baseline was measured. */
  readonly ratio: Figure | undefined
  readonly latencyP99Ms: Figure
  readonly deliveriesPerSecond: Figure
  readonly loadCpuUs: Figure
  readonly loadBusy: Figure
  readonly othersBusy: Figure
  /** The sum of all rounds. */
  readonly deliveries: number
  readonly lost: number
  readonly duplicated: number
  readonly outOfOrder: number
}

/** The memory of a subject over all rounds of an idle scenario, in bytes for each connection. */
export interface IdleResult {
  readonly kind: 'idle'
  readonly subject: string
  readonly rss: Figure
  readonly heap: Figure
}

export interface ScenarioResult {
  readonly scenario: string
  readonly title: string
  readonly connections: number
  readonly results: readonly (FlowResult | IdleResult)[]
}

/** Summarizes the rounds of a scenario: one sample for each subject and round. */
export function resultOf(
  scenario: Scenario,
  samples: ReadonlyMap<string, readonly Sample[]>,
): ScenarioResult {
  const { name, title, connections } = scenario
  const results = [...samples].map(([subject, rounds]) =>
    scenario.kind === 'idle'
      ? idleResult(subject, rounds as readonly IdleSample[])
      : flowResult(
          subject,
          rounds as readonly FlowSample[],
          samples.get(baselineOf(subject)) as readonly FlowSample[],
        ),
  )
  return { scenario: name, title, connections, results }
}

function flowResult(
  subject: string,
  rounds: readonly FlowSample[],
  baselineRounds: readonly FlowSample[] | undefined,
): FlowResult {
  const ratios = baselineRounds?.flatMap((base, round) => {
    const sample = rounds[round]
    return sample ? [sample.cpuUs / base.cpuUs] : []
  })
  const figure = (pick: (sample: FlowSample) => number) => figureOf(rounds.map(pick))
  const sum = (pick: (sample: FlowSample) => number) =>
    rounds.reduce((total, sample) => total + pick(sample), 0)
  return {
    kind: 'flow',
    subject,
    cpuUs: figure(({ cpuUs }) => cpuUs),
    ratio: ratios && figureOf(ratios),
    latencyP99Ms: figure(({ latencyMs }) => latencyMs.p99),
    deliveriesPerSecond: figure(({ deliveriesPerSecond }) => deliveriesPerSecond),
    loadCpuUs: figure(({ loadCpuUs }) => loadCpuUs),
    loadBusy: figure(({ loadBusy }) => loadBusy),
    othersBusy: figure(({ othersBusy }) => othersBusy),
    deliveries: sum(({ deliveries }) => deliveries),
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder),
  }
}

function idleResult(subject: string, rounds: readonly IdleSample[]): IdleResult {
  return {
    kind: 'idle',
    subject,
    rss: figureOf(rounds.map(({ rss }) => rss)),
    heap: figureOf(rounds.map(({ heap }) => heap)),
  }
}

export function figureOf(values: readonly number[]): Figure {
  return { median: quantile(values, 0.5), least: Math.min(...values), most: Math.max(...values) }
}
