import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Child } from '../lib/child.js'
import { parseRounds } from '../lib/command-line.js'
import { describe, machine } from '../lib/machine.js'
import { figureOf } from '../lib/result.js'
import { digits, markdownTable } from '../lib/table.js'
import type { FeedCommands } from './feed.js'
import type { ReaderCommands, Reading } from './reader.js'
import { type ClientName, subjects } from './subjects.js'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' } },
})
const rounds = parseRounds(values.rounds)
const baseline: ClientName = 'hand-written'
const names = (Object.keys(subjects) as ClientName[]).filter(
  (name) => name === baseline || !values.only || values.only.split(',').includes(name),
)
const scenarios = [
  { name: '20 events a turn', warmUp: 40_000, count: 200_000, burst: 20, everyMs: 0 },
  { name: '1 event a millisecond', warmUp: 1_000, count: 3_000, burst: 1, everyMs: 1 },
]
type Scenario = (typeof scenarios)[number]

/** Measures one client. It and its server are processes of their own. */
async function measure(name: ClientName, { warmUp, count, burst, everyMs }: Scenario): Promise<Reading> {
  const feed = new Child<FeedCommands>('@tidings/benchmarks/client-feed', 'the server')
  let reader: Child<ReaderCommands> | undefined
  try {
    const client = new Child<ReaderCommands>('@tidings/benchmarks/client-reader', name, [
      name,
      await feed.call('url'),
    ])
    reader = client
    const flow = async (events: number) => {
      const receiving = client.call('receive', events)
      await feed.call('emit', { count: events, burst, everyMs })
      return receiving
    }
    await flow(warmUp)
    return await flow(count)
  } finally {
    await Promise.all([feed.end(), reader?.end()])
  }
}

const results = []
for (const scenario of scenarios) {
  const samples = new Map<ClientName, Reading[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, readings] of samples) readings.push(await measure(name, scenario))
  }
  const base = samples.get(baseline) ?? []
  const rows = [...samples].map(([name, readings]) => ({
    name,
    cpuUs: figureOf(readings.map(({ cpuUs }) => cpuUs)),
    ratio: figureOf(readings.map(({ cpuUs }, round) => cpuUs / (base[round]?.cpuUs ?? Number.NaN))),
    outOfOrder: readings.reduce((sum, reading) => sum + reading.outOfOrder, 0),
  }))
  results.push({ scenario: scenario.name, rows })
  console.log(`\n### ${scenario.name}\n`)
  console.log(
    markdownTable([
      ['client', 'CPU an event', `of ${baseline}`, 'spread', 'out of order'],
      ...rows.map(({ name, cpuUs, ratio, outOfOrder }) => [
        name,
        `${digits(cpuUs.median)} µs`,
        `${digits(ratio.median)} ×`,
        `${digits(ratio.least)} to ${digits(ratio.most)}`,
        String(outOfOrder || 'none'),
      ]),
    ]),
  )
}
console.log(`\n${describe(machine())}; the median of ${rounds} rounds.`)
if (!values.only) {
  const file = new URL('../../../results-client.json', import.meta.url)
  await writeFile(file, `${JSON.stringify({ machine: machine(), rounds, results }, null, 2)}\n`)
}
