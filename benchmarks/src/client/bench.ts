/** Measures what an event costs a client: `npm run bench:client`, in the root of the repository. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { launchChromium } from '../lib/chromium.js'
import { chooseNames, parseRounds } from '../lib/command-line.js'
import { writeFigures } from '../lib/figures.js'
import { describe, machine } from '../lib/machine.js'
import { chromiumHost } from './chromium-host.js'
import { type ClientHost, type ClientReading, measureClient } from './client-host.js'
import { type ClientResult, resultOf, tableOf } from './client-result.js'
import { baseline, clientNames, type MeasuredName } from './clients.js'
import { nodeHost } from './node-host.js'
import { clientScenarios } from './scenarios.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    before: { type: 'string' },
    only: { type: 'string' },
    scenario: { type: 'string' },
    hosts: { type: 'string' },
    publish: { type: 'boolean', default: false },
  },
})
const rounds = parseRounds(values.rounds)
const chosenNames = chooseNames(clientNames, values.only, [baseline])
const scenarioNames = chooseNames(
  clientScenarios.map(({ name }) => name),
  values.scenario,
)
const hostNames = chooseNames(['node', 'chromium'], values.hosts)

const browser = hostNames.includes('chromium') ? await launchChromium() : undefined
const hosts: readonly ClientHost[] = [
  ...(hostNames.includes('node') ? [nodeHost(values.before)] : []),
  ...(browser ? [chromiumHost(browser)] : []),
]
/** The packages of another checkout are resolved by Node only. */
const namesOn = (host: ClientHost): readonly MeasuredName[] =>
  host.name === 'Node' && values.before !== undefined ? [...chosenNames, 'before'] : chosenNames

const results: ClientResult[] = []
const tables: string[] = []
for (const scenario of clientScenarios.filter(({ name }) => scenarioNames.includes(name))) {
  for (const host of hosts) {
    const names = namesOn(host)
    const readings = new Map<string, ClientReading[]>(names.map((name) => [name, []]))
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) readings.get(name)?.push(await measureClient(host, name, scenario))
    }
    const result = resultOf(host.name, scenario, readings, baseline)
    results.push(result)
    tables.push(tableOf(result, baseline))
    console.log(`\n${tables.at(-1)}`)
  }
}
const about = [
  describe(machine()),
  ...(browser ? [`Chromium ${browser.version()}`] : []),
  `the median of ${rounds} rounds.`,
].join('; ')
await browser?.close()
console.log(`\n${about}`)
if (values.publish) {
  const root = new URL('../../../', import.meta.url)
  const report = { machine: machine(), rounds, results }
  await writeFile(new URL('results-client.json', root), `${JSON.stringify(report, null, 2)}\n`)
  await writeFigures(new URL('README.md', root), 'client', [about, ...tables].join('\n\n'))
}
