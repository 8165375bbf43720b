import type { Figure, FlowResult, IdleResult, ScenarioResult } from './result.js'

/** Formats a scenario's results as a Markdown table. */
export function tableOf({ scenario, title, results }: ScenarioResult): string {
  const flows = results.filter((result): result is FlowResult => result.kind === 'flow')
  const idle = results.filter((result): result is IdleResult => result.kind === 'idle')
  const rows = flows.length > 0 ? flowRows(flows) : idleRows(idle)
  return `### ${scenario}: ${title}\n\n${markdownTable(rows)}\n${disturbance(flows)}`
}

/** Returns a note if other programs used the machine, because the figures are then less exact. */
function disturbance(flows: readonly FlowResult[]): string {
  const most = Math.max(0, ...flows.map(({ othersBusy }) => othersBusy.median))
  return most > 0.05
    ? `\nOther programs used up to ${Math.round(most * 100)} % of the machine meanwhile.\n`
    : ''
}

function flowRows(results: readonly FlowResult[]): string[][] {
  const header = [
    'subject',
    'CPU a delivery',
    'of hand-written',
    'spread',
    'p99 latency',
    'deliveries/s',
    'load CPU',
    'load busy',
    'lost or wrong',
  ]
  return [
    header,
    ...results.map((result) => [
      result.subject,
      `${digits(result.cpuUs.median)} µs`,
      result.ratio ? `${digits(result.ratio.median)} ×` : '',
      result.ratio ? spread(result.ratio) : spread(result.cpuUs),
      `${digits(result.latencyP99Ms.median)} ms`,
      Math.round(result.deliveriesPerSecond.median).toLocaleString('en'),
      `${digits(result.loadCpuUs.median)} µs`,
      `${Math.round(result.loadBusy.median * 100)} %`,
      faults(result),
    ]),
  ]
}

function idleRows(results: readonly IdleResult[]): string[][] {
  const kib = (bytes: number) => digits(bytes / 1024)
  return [
    ['subject', 'RSS a connection', 'spread', 'of it JavaScript heap'],
    ...results.map(({ subject, rss, heap }) => [
      subject,
      `${kib(rss.median)} KiB`,
      `${kib(rss.least)} to ${kib(rss.most)}`,
      `${kib(heap.median)} KiB`,
    ]),
  ]
}

function faults({ lost, duplicated, outOfOrder }: FlowResult): string {
  const list = [
    [lost, 'lost'],
    [duplicated, 'twice'],
    [outOfOrder, 'out of order'],
  ].flatMap(([count, fault]) => (count === 0 ? [] : `**${count?.toLocaleString('en')} ${fault}**`))
  return list.join(', ') || 'none'
}

function spread({ least, most }: Figure): string {
  return `${digits(least)} to ${digits(most)}`
}

/** Formats a number with up to two decimals and three significant digits. */
export function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2)
}

/** Formats a Markdown table with the first column aligned left and the others right. */
export function markdownTable(rows: readonly string[][]): string {
  const columns =
    rows[0]?.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) =>
    `| ${columns.map((width, at) => (at === 0 ? (row[at] ?? '').padEnd(width) : (row[at] ?? '').padStart(width))).join(' | ')} |`
  const rule = `| ${columns.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  const [header = [], ...body] = rows
  return [line(header), rule, ...body.map(line)].join('\n')
}
