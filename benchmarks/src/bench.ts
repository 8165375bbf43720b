/** Compares Tidings with other ways to send events: `npm run bench`, in the root of the repository. */
import { writeFile } from 'node:fs/promises'
import { parsePlan } from './lib/command-line.js'
import { writeFigures } from './lib/figures.js'
import { describe, machine } from './lib/machine.js'
import { plotOf } from './lib/plot.js'
import { resultOf, type ScenarioResult } from './lib/result.js'
import { samplesOf } from './lib/rounds.js'
import { tableOf } from './lib/table.js'
import { versionsOf } from './lib/versions.js'

const root = new URL('../../../', import.meta.url)
const plan = parsePlan(process.argv.slice(2))
const scenarios: ScenarioResult[] = []
for (const scenario of plan.scenarios) {
  const result = resultOf(scenario, await samplesOf(scenario, plan.subjects, plan.rounds))
  scenarios.push(result)
  console.log(`\n${tableOf(result)}`)
}

const on = machine()
const versions = await versionsOf(root)
const report = { ...on, versions, rounds: plan.rounds, scenarios }
const resultFile = plan.isFull ? 'results.json' : 'results-partial.json'
await writeFile(new URL(`benchmarks/${resultFile}`, root), `${JSON.stringify(report, undefined, 2)}\n`)
if (plan.isFull) await publish()

/** Writes the plot and the figures of the README. */
async function publish(): Promise<void> {
  const measuredOn = `${describe(on)}; the median of ${plan.rounds} rounds`
  const bursts = scenarios.filter(({ scenario }) => scenario.startsWith('burst'))
  await writeFile(new URL('docs/bench.svg', root), plotOf(bursts, measuredOn))
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const figures = [`${measuredOn}. ${packages.join(', ')}.`, ...scenarios.map(tableOf)]
  await writeFigures(new URL('benchmarks/README.md', root), 'figures', figures.join('\n\n'))
}
