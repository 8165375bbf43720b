import type { Colors } from '../output.js'
import { printable } from '../printable.js'
import type { BenchResult } from './bench.js'
import type { Distribution } from './timings.js'

/** Formats the result of a bench as a table for people. */
export function benchText(result: BenchResult, colors: Colors): string {
  const { subscribers, connections, topics, live, failed, commands, machine } = result
  const rows: (readonly [label: string, value: string])[] = [
    [
      'subscribers',
      `${count(live)} of ${count(subscribers)} live, on ${plural(connections, 'connection')}, ${plural(topics, 'topic')}`,
    ],
    ...failuresOf(failed, 'refused'),
    ['time to connect', distributionText(result.connectMs)],
    ['time to first event', distributionText(result.firstMs)],
    [
      'deliveries',
      `${count(result.deliveries)} in ${result.seconds.toFixed(1)} s, ${count(result.deliveriesPerSecond)}/s`,
    ],
    ['bytes', `${bytesText(result.bytes)}, ${bytesText(result.bytesPerSecond)}/s`],
    ['spread', distributionText(result.spreadMs)],
    ['latency', distributionText(result.latencyMs)],
  ]
  if (result.incomplete > 0)
    rows.push(['incomplete', `${plural(result.incomplete, 'event')} did not reach every subscriber`])
  if (result.untimed > 0)
    rows.push(['untimed', `${plural(result.untimed, 'delivery', 'deliveries')} without a time in the field`])
  rows.push(['gaps', count(result.gaps)], ['reconnects', count(result.reconnects)])
  if (result.misfits > 0) rows.push(['misfits', `${count(result.misfits)} payloads do not fit the contract`])
  if (commands) {
    rows.push(
      ['commands', `${count(commands.succeeded)} of ${count(commands.sent)} succeeded`],
      ...failuresOf(commands.failed, 'failed'),
      ['time to answer', distributionText(commands.answerMs)],
    )
    if (commands.skipped > 0)
      rows.push(['skipped', `${plural(commands.skipped, 'command')} while 1,000 waited for an answer`])
  }
  rows.push([
    'this process',
    `${percent(machine.cpu)} of a core, event loop ${ms(machine.loopDelayMs)} behind (p99)`,
  ])
  const width = Math.max(...rows.map(([label]) => label.length))
  const lines = rows.map(([label, value]) => `${colors.bold(label.padEnd(width))}  ${value}`)
  if (machine.cpu > 0.9) {
    lines.push(
      '',
      colors.yellow(
        'This process used a whole core: the figures measure this machine rather than the server.',
      ),
    )
  }
  return lines.join('\n')
}

function failuresOf(failed: BenchResult['failed'], label: string) {
  return Object.entries(failed).map(
    ([code, failure]) =>
      [label, `${count(failure.count)} ${printable(code)}: ${printable(failure.message)}`] as const,
  )
}

function distributionText(distribution: Distribution | null): string {
  if (!distribution) return '-'
  const { p50, p95, p99, max } = distribution
  return `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, max ${ms(max)}`
}

function ms(value: number): string {
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(1)} s`
}

function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })
}

function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

function bytesText(bytes: number): string {
  if (bytes < 1000) return `${count(bytes)} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
