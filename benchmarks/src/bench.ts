/** Compares Tidings with other ways to send events: `npm run bench`, in the root of the repository. */
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

/** The share of the machine that other programs may use in a round. */
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

/** Writes the plot and the figures of the README. */
async function publish(): Promise<void> {
  const measuredOn = `${describe(on)}; the median of ${plan.rounds} rounds`
  const bursts = scenarios.filter(({ scenario }) => scenario.startsWith('burst'))
  await writeFile(new URL('docs/bench.svg', root), plotOf(bursts, measuredOn))
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const figures = [`${measuredOn}. ${packages.join(', ')}.`, ...scenarios.map(tableOf)]
  await writeFigures(new URL('benchmarks/README.md', root), 'figures', figures.join('\n\n'))
}

/** Measures all subjects in turn, so that a slow period of the machine affects all of them. */
async function samplesOf(scenario: Scenario): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(plan.subjects.map((subject) => [subject, []]))
  // Memory varies little and takes long to measure.
  const rounds = scenario.kind === 'idle' ? Math.min(plan.rounds, 3) : plan.rounds
  for (let round = 1; round <= rounds; round += 1) {
    for (const [subject, ofSubject] of samples) {
      showProgress(`${scenario.name} ${round}/${rounds} ${subject}`)
      ofSubject.push(await sampleOf(subject, scenario))
    }
  }
  showProgress('')
  return samples
}

/**
 * Measures a round, and up to three times again if other programs used the machine. Returns the least
 * disturbed.
 */
async function sampleOf(subject: string, scenario: Scenario): Promise<Sample> {
  if (scenario.kind === 'idle') return measureIdle(subject, scenario)
  let best = await measureFlow(subject, scenario)
  for (let retries = 0; retries < 3 && best.othersBusy > quietShare; retries += 1) {
    const again = await measureFlow(subject, scenario)
    if (again.othersBusy < best.othersBusy) best = again
  }
  return best
}

function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\x1b[2K\r${line}`)
}
