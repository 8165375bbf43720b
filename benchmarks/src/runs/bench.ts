/** Measures runs: `npm run bench:runs`, in the root of the repository. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { chooseNames, parseRounds } from '../lib/command-line.js'
import { writeFigures } from '../lib/figures.js'
import { describe, machine } from '../lib/machine.js'
import { type CutSample, measureCuts } from './cuts.js'
import { type LiveSample, measureLive, readerNames } from './live.js'
import { type MemorySample, measureMemory, memoryScenarios } from './memory.js'
import { subjectsOf } from './subjects.js'
import { cutTable, flowTable, memoryTable, startTable } from './tables.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    before: { type: 'string' },
    only: { type: 'string' },
    engines: { type: 'string' },
    readers: { type: 'string' },
    publish: { type: 'boolean', default: false },
  },
})
const rounds = parseRounds(values.rounds)
const parts = ['live', ...memoryScenarios.map(({ name }) => name), 'cuts-1', 'cuts-3']
const chosen = chooseNames(parts, values.only)
const subjects = subjectsOf(values.before)
const engines = chooseNames(
  subjects.map(({ name }) => name),
  values.engines,
)
const readers = chooseNames(readerNames, values.readers)

const live = new Map<string, LiveSample[]>(engines.map((name) => [name, []]))
for (let round = 0; chosen.includes('live') && round < rounds; round += 1) {
  for (const subject of subjects) live.get(subject.name)?.push(await measureLive(subject, readers))
}
const memory: MemorySample[] = []
for (const scenario of memoryScenarios) {
  if (chosen.includes(scenario.name)) memory.push(await measureMemory(scenario))
}
const cuts: CutSample[] = []
for (const nodes of [1, 3]) if (chosen.includes(`cuts-${nodes}`)) cuts.push(await measureCuts(nodes))

const figures = [`${describe(machine())}; the median of ${rounds} rounds.`]
if (chosen.includes('live')) {
  figures.push('### A run that is read live: CPU for each event', flowTable(live))
  figures.push('### From the start of a run to its first event', startTable(live))
}
if (memory.length > 0) figures.push('### Memory of many runs', memoryTable(memory))
if (cuts.length > 0) figures.push('### A connection that is cut', cutTable(cuts))
console.log(figures.join('\n\n'))
if (values.publish) {
  const root = new URL('../../../', import.meta.url)
  const report = { machine: machine(), rounds, live: [...live], memory, cuts }
  await writeFile(new URL('results-runs.json', root), `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFigures(new URL('README.md', root), 'runs', figures.join('\n\n'))
}
