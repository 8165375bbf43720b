/**
 * Measures how a process grows with its subscribers: `npm run bench:growth`, in the root of the repository.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { writeFigures } from './lib/figures.js'
import { type GrowthSample, measureGrowth } from './lib/growth.js'
import { lineThrough } from './lib/line.js'
import { describe, machine } from './lib/machine.js'
import { type Figure, figureOf } from './lib/result.js'
import { digits, markdownTable } from './lib/table.js'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, subject: { type: 'string', default: 'tidings' } },
})
const counts = [1_000, 5_000, 19_000]
const computedCount = 100_000

const samples: GrowthSample[] = []
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const connections of counts) samples.push(await measureGrowth(values.subject, connections))
}

const measured = counts.map((connections) => {
  const figure = (pick: (sample: GrowthSample) => number): Figure =>
    figureOf(samples.filter((sample) => sample.connections === connections).map(pick))
  return {
    connections,
    rssMiB: figure(({ rss }) => rss / 2 ** 20),
    cpuUs: figure(({ cpuUs }) => cpuUs),
    lastReceiptMs: figure(({ lastReceiptMs }) => lastReceiptMs),
    lost: samples.reduce(
      (total, sample) => total + (sample.connections === connections ? sample.lost : 0),
      0,
    ),
  }
})

// Straight lines through all samples: memory, CPU, and the time until the last connection has received an
// event.
const rssLine = lineThrough(samples.map(({ connections, rss }) => [connections, rss / 2 ** 20]))
const timeLine = lineThrough(samples.map(({ connections, lastReceiptMs }) => [connections, lastReceiptMs]))
const cpuLine = lineThrough(samples.map(({ connections, cpuUs }) => [connections, connections * cpuUs]))
const computed = {
  connections: computedCount,
  rssMiB: rssLine.at(computedCount),
  rssEachKiB: rssLine.slope * 1024,
  cpuUs: cpuLine.at(computedCount) / computedCount,
  lastReceiptMs: timeLine.at(computedCount),
}

/** The memory of each connection that a row has more than the row before. */
function rssEachKiB(row: number): number | undefined {
  const [here, before] = [measured[row], measured[row - 1]]
  if (!here || !before) return undefined
  return ((here.rssMiB.median - before.rssMiB.median) * 1024) / (here.connections - before.connections)
}

const table = markdownTable([
  [
    'subscribers',
    'RSS of the process',
    'RSS of each further one',
    'CPU a delivery',
    'until the last has it',
    'lost',
  ],
  ...measured.map((row, at) => [
    row.connections.toLocaleString('en'),
    `${digits(row.rssMiB.median)} MiB`,
    perConnection(rssEachKiB(at)),
    `${digits(row.cpuUs.median)} µs`,
    `${digits(row.lastReceiptMs.median)} ms`,
    row.lost.toLocaleString('en'),
  ]),
  [
    `${computedCount.toLocaleString('en')}, computed`,
    `${digits(computed.rssMiB)} MiB`,
    perConnection(computed.rssEachKiB),
    `${digits(computed.cpuUs)} µs`,
    `${digits(computed.lastReceiptMs)} ms`,
    '',
  ],
])
function perConnection(kib: number | undefined): string {
  return kib === undefined ? '' : `${digits(kib)} KiB`
}

const on = machine()
const figures = `${describe(on)}; the median of ${values.rounds} rounds.

${table}

The last row is computed, not measured: straight lines (least squares) through what was measured, continued.
`
console.log(`\n### One ${values.subject} process, one topic\n\n${figures}`)
const report = { ...on, subject: values.subject, rounds: Number(values.rounds), measured, computed }
const root = new URL('../../../', import.meta.url)
await writeFile(new URL('benchmarks/results-growth.json', root), `${JSON.stringify(report, undefined, 2)}\n`)
if (values.subject === 'tidings') await writeFigures(new URL('benchmarks/README.md', root), 'growth', figures)
