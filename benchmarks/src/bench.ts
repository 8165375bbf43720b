/** Compares Tidings with what else sends events to many: `npm run bench`, in the root of the repository. */
import { writeFile } from 'node:fs/promises'
import { parsePlan } from './lib/command-line.js'
import { writeFigures } from './lib/figures.js'
import { describe, machine } from './lib/machine.js'
import { measureFlow, measureIdle, type Sample } from './lib/measure.js'
import { plotOf } from './lib/plot.js'
import { resultOf, type ScenarioResult } from './lib/result.js'
import type { Scenario } from './lib/scenario.js'
import { tableOf } from './lib/table.js'
import { versionsOf } from './lib/versions.js'

/** Up to which share of the machine may be busy with something else. */
const quietShare = 0.05

const root = new URL('../../../', import.meta.url)
const plan = parsePlan(process.argv.slice(2))
const scenarios: ScenarioResult[] = []
for (const scenario of plan.scenarios) {
  const result = resultOf(scenario, await samplesOf(scenario))
  scenarios.push(result)
  console.log(`\n${tableOf(result)}`)
}

const on = machine()
const versions = await versionsOf(root)
const report = { ...on, versions, rounds: plan.rounds, scenarios }
const resultFile = plan.isFull ? 'results.json' : 'results-partial.json'
await writeFile(new URL(`benchmarks/${resultFile}`, root), `${JSON.stringify(report, undefined, 2)}\n`)
if (plan.isFull) await publish()

/** Puts the figures where they are shown. */
async function publish(): Promise<void> {
  const measuredOn = `${describe(on)}; the median of ${plan.rounds} rounds`
  const bursts = scenarios.filter(({ scenario }) => scenario.startsWith('burst'))
  await writeFile(new URL('docs/bench.svg', root), plotOf(bursts, measuredOn))
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const figures = [`${measuredOn}. ${packages.join(', ')}.`, ...scenarios.map(tableOf)]
  await writeFigures(new URL('benchmarks/README.md', root), 'figures', figures.join('\n\n'))
}

/** All subjects take turns, so that a machine that is slow for a while is slow for all of them. */
async function samplesOf(scenario: Scenario): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(plan.subjects.map((subject) => [subject, []]))
  // Memory varies little, and takes long.
  const rounds = scenario.kind === 'idle' ? Math.min(plan.rounds, 3) : plan.rounds
  for (let round = 1; round <= rounds; round += 1) {
    for (const [subject, taken] of samples) {
      showProgress(`${scenario.name} ${round}/${rounds} ${subject}`)
      taken.push(await sampleOf(subject, scenario))
    }
  }
  showProgress('')
  return samples
}

/** A round that something else on the machine has disturbed is measured again, as long as there is hope. */
async function sampleOf(subject: string, scenario: Scenario): Promise<Sample> {
  if (scenario.kind === 'idle') return measureIdle(subject, scenario)
  let best = await measureFlow(subject, scenario)
  for (let more = 0; more < 3 && best.othersBusy > quietShare; more += 1) {
    const again = await measureFlow(subject, scenario)
    if (again.othersBusy < best.othersBusy) best = again
  }
  return best
}

function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\x1b[2K\r${line}`)
}
