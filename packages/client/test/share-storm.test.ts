import { pause, seeded, until } from '@tidings/test-kit'
import { hasChromium } from '@tidings/test-kit/chromium'
import { it } from 'vitest'
import { desktopChromium, freeze } from './chromium.js'
import { expectNothingMissed, Feed, last, openTab, startFed, transports } from './living-feed.js'

const openContext = desktopChromium()

type Tab = Awaited<ReturnType<typeof openTab>>

/** What may happen to a page at random, and be undone after a while. */
it.skipIf(!hasChromium).each([1, 2])(
  'tabs that are navigated, frozen, closed and opened at random share one connection and miss no event (seed %d)',
  async (seed) => {
    const random = seeded(seed)
    const pauseAtMost = (ms: number) => pause(ms * random())
    const feed = new Feed()
    const server = await startFed(feed, { heartbeatMs: 60_000 })
    const context = await openContext()
    const tabs: Tab[] = []
    const steps: string[] = []
    const open = async () => {
      const transport = transports[random() < 0.5 ? 0 : 1]
      tabs.push(await openTab(context, server.origin, transport, true))
    }
    /** Undoes something after a while. The tab takes part again then. */
    const later = async (tab: Tab, mostMs: number, undo: () => Promise<unknown>) => {
      await pauseAtMost(mostMs)
      await undo()
      tabs.push(tab)
    }
    const away: Promise<void>[] = []
    const befall = async (tab: Tab) => {
      const dice = random()
      if (dice < 0.35) {
        steps.push('navigate')
        await tab.page.goto(`${server.origin}/events/nothing`)
        away.push(later(tab, 3_000, () => tab.page.goBack({ waitUntil: 'commit' })))
      } else if (dice < 0.7) {
        const isTold = random() < 0.5
        steps.push(isTold ? 'freeze' : 'freeze without a word')
        away.push(later(tab, isTold ? 3_000 : 12_000, await freeze(tab.page, isTold)))
      } else {
        steps.push('close')
        await tab.page.close()
        await open()
      }
    }
    for (let n = 0; n < 3; n += 1) await open()
    for (let n = 0; n < 10; n += 1) {
      await pauseAtMost(600)
      if (tabs.length === 0) await open()
      // Mostly the oldest, which is the one that holds the connection.
      const [tab] = tabs.splice(random() < 0.5 ? 0 : Math.floor(random() * tabs.length), 1)
      if (tab) await befall(tab)
    }
    await Promise.all(away)
    for (const { living } of tabs) {
      const from = feed.count
      const goesOn = (topic: 'ticks' | 'room') =>
        living.until((notes) => last(notes, topic) > from, `${steps}`)
      await goesOn('ticks')
      await goesOn('room')
    }
    await until(
      () => server.tidings.stats().connections === 1,
      () => `they shared one connection: ${steps}`,
    )
    for (const { living } of tabs) expectNothingMissed(await living.end(feed), feed)
  },
  120_000,
)
