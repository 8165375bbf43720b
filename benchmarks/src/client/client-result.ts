import { type Figure, figureOf } from '../lib/result.js'
import { digits, markdownTable } from '../lib/table.js'
import type { ClientReading } from './client-host.js'
import type { ClientScenario } from './scenarios.js'

export interface ClientFigures {
  readonly name: string
  /** CPU for each event, in microseconds. */
  readonly cpuUs: Figure
  /** The CPU as a multiple of the baseline's in the same round. */
  readonly ratio: Figure
  /** Bytes for each event. */
  readonly allocatedBytes: Figure
  /** The sum of all rounds. */
  readonly outOfOrder: number
}

/** The figures of all clients in one scenario on one host. */
export interface ClientResult {
  readonly host: string
  readonly scenario: string
  readonly title: string
  readonly clients: readonly ClientFigures[]
}

/** Summarizes the rounds of a scenario: one reading for each client and round. */
export function resultOf(
  host: string,
  { name: scenario, title }: ClientScenario,
  readings: ReadonlyMap<string, readonly ClientReading[]>,
  baseline: string,
): ClientResult {
  const base = readings.get(baseline) ?? []
  const clients = [...readings].map(([name, rounds]) => ({
    name,
    cpuUs: figureOf(rounds.map(({ cpuUs }) => cpuUs)),
    ratio: figureOf(rounds.map(({ cpuUs }, round) => cpuUs / (base[round]?.cpuUs ?? Number.NaN))),
    allocatedBytes: figureOf(rounds.map(({ allocatedBytes }) => allocatedBytes)),
    outOfOrder: rounds.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0),
  }))
  return { host, scenario, title, clients }
}

/** Formats a scenario's results as a Markdown table. */
export function tableOf({ host, title, clients }: ClientResult, baseline: string): string {
  const rows = clients.map(({ name, cpuUs, ratio, allocatedBytes, outOfOrder }) => [
    name,
    `${digits(cpuUs.median)} µs`,
    `${digits(ratio.median)} ×`,
    `${digits(ratio.least)} to ${digits(ratio.most)}`,
    `${digits(allocatedBytes.median / 1_000)} kB`,
    outOfOrder === 0 ? 'none' : `**${outOfOrder}**`,
  ])
  const head = ['client', 'CPU an event', `of ${baseline}`, 'spread', 'allocated an event', 'out of order']
  return `### ${title}, in ${host}\n\n${markdownTable([head, ...rows])}`
}
