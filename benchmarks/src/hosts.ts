/**
 * Compares Tidings' fetch adapter with code written by hand, on each host: `npm run bench:hosts`, in the root
 * of the repository.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parseRounds } from './lib/command-line.js'
import { writeFigures } from './lib/figures.js'
import { describe, machine } from './lib/machine.js'
import { resultOf, type ScenarioResult } from './lib/result.js'
import { samplesOf } from './lib/rounds.js'
import { fullScenarios, quickScenarios } from './lib/scenario.js'
import { hostSubjectNames } from './lib/subject-names.js'
import { tableOf } from './lib/table.js'
import { versionsOf } from './lib/versions.js'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false } },
})
const rounds = values.quick ? 1 : parseRounds(values.rounds)
const all = values.quick ? quickScenarios() : fullScenarios()
const scenarios: ScenarioResult[] = []
for (const scenario of all.filter(({ name }) => name !== 'stream')) {
  const result = resultOf(scenario, await samplesOf(scenario, hostSubjectNames, rounds))
  scenarios.push(result)
  console.log(`\n${tableOf(result)}`)
}

if (!values.quick) {
  const root = new URL('../../../', import.meta.url)
  const on = machine()
  const { bun, deno, hono } = await versionsOf(root)
  const report = { ...on, versions: { bun, deno, hono }, rounds, scenarios }
  await writeFile(new URL('benchmarks/results-hosts.json', root), `${JSON.stringify(report, undefined, 2)}\n`)
  const measuredOn = `${describe(on)}; Bun ${bun}, Deno ${deno}, Hono ${hono} on Node; the median of ${rounds} rounds.`
  await writeFigures(
    new URL('benchmarks/README.md', root),
    'hosts',
    [measuredOn, ...scenarios.map(tableOf)].join('\n\n'),
  )
}
