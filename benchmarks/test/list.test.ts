import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../src/lib/chromium.js'
import { listPicture } from '../src/list/list-picture.js'
import { droppedFrames, listTable } from '../src/list/list-result.js'
import { bundleList, measureList } from '../src/list/measure-list.js'
import { variantNames } from '../src/list/variants.js'

// Times depend on the machine and are not asserted.
test.skipIf(!existsSync(chromiumPath) && process.env['CI'] !== 'true')(
  'every variant of the list shows the last state of each row',
  async () => {
    const browser = await launchChromium()
    try {
      const script = await bundleList()
      for (const variant of variantNames) {
        const options = { perSecond: 200, warmUpMs: 100, measuredMs: 500 }
        const reading = await measureList(browser, script, variant, options)
        expect(reading.events).toBeGreaterThan(0)
        expect(reading.renders).toBeGreaterThan(0)
      }
    } finally {
      await browser.close()
    }
  },
)

test('counts the frames that a page should have shown between two', () => {
  expect(droppedFrames({ intervals: [16.6, 16.7, 33.4, 100, 5] })).toBe(6)
})

test('draws and lists each page', () => {
  const reading = {
    variant: 'frame' as const,
    seconds: 2,
    events: 2_000,
    renders: 120,
    cpu: 0.25,
    intervals: [16.7, 16.7, 66.7],
    longTasks: [{ at: 33, ms: 60 }],
  }
  expect(listPicture([reading], 'a machine').match(/<rect class="(bar|late|long)"/g)).toHaveLength(3)
  expect(listTable([reading])).toContain('| one render a frame')
  expect(listTable([reading])).toContain('1, 60 ms')
})
