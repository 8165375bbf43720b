/** Compares Tidings with what else sends events to many: `npm run bench`, in the root of the repository. */
import { writeFile } from 'node:fs/promises'
import { parsePlan } from './lib/command-line.js'
import { machine } from './lib/machine.js'
import { measureFlow, measureIdle, type Sample } from './lib/measure.js'
import { plotOf } from './lib/plot.js'
import { resultOf, type ScenarioResult } from './lib/result.js'
import type { Scenario } from './lib/scenario.js'
import { tableOf } from './lib/table.js'

const plan = parsePlan(process.argv.slice(2))
const results: ScenarioResult[] = []
for (const scenario of plan.scenarios) {
  const result = resultOf(scenario, await samplesOf(scenario))
  results.push(result)
  console.log(`\n${tableOf(result)}`)
}
const report = { ...machine(), rounds: plan.rounds, scenarios: results }
await writeFile(new URL('../../results.json', import.meta.url), `${JSON.stringify(report, undefined, 2)}\n`)
const bursts = results.filter(({ scenario }) => scenario.startsWith('burst'))
if (plan.isFull) {
  const { node, cpu, cores } = report
  const footnote = `Node ${node}, ${cpu}, ${cores} cores, median of ${plan.rounds} rounds`
  await writeFile(new URL('../../../docs/bench.svg', import.meta.url), plotOf(bursts, footnote))
}

/** All subjects take turns, so that a machine that is slow for a while is slow for all of them. */
async function samplesOf(scenario: Scenario): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(plan.subjects.map((subject) => [subject, []]))
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const [subject, rounds] of samples) {
      if (process.stderr.isTTY)
        process.stderr.write(`\x1b[2K\r${scenario.name} ${round}/${plan.rounds} ${subject}`)
      rounds.push(
        scenario.kind === 'idle'
          ? await measureIdle(subject, scenario)
          : await measureFlow(subject, scenario),
      )
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\x1b[2K\r')
  return samples
}
