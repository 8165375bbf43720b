/** Measures a list of 1,000 rows that receives 1,000 events a second: `npm run bench:list`. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { launchChromium } from '../lib/chromium.js'
import { chooseNames } from '../lib/command-line.js'
import { writeFigures } from '../lib/figures.js'
import { machine } from '../lib/machine.js'
import { listPicture } from './list-picture.js'
import { listTable } from './list-result.js'
import { bundleList, type ListReading, measureList } from './measure-list.js'
import { variantNames } from './variants.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    'per-second': { type: 'string', default: '1000' },
    publish: { type: 'boolean', default: false },
  },
})
const browser = await launchChromium()
const script = await bundleList()
const readings: ListReading[] = []
for (const variant of chooseNames(variantNames, values.only)) {
  readings.push(
    await measureList(browser, script, variant, {
      perSecond: Number(values['per-second']),
      warmUpMs: 3_000,
      measuredMs: Number(values.seconds) * 1_000,
    }),
  )
}
const { cpu, cores } = machine()
const about = `Chromium ${browser.version()}, without a window and a graphics processor; ${cpu}, ${cores} cores`
await browser.close()
const table = listTable(readings)
console.log(`${table}\n\n${about}`)
if (values.publish) {
  const root = new URL('../../../../', import.meta.url)
  await writeFile(new URL('docs/front-end-performance.svg', root), listPicture(readings, about))
  await writeFigures(new URL('docs/front-end-performance.md', root), 'list', `${table}\n\n${about}.`)
}
