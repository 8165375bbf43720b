import { until } from '@tidings/test-kit'
import { hasChromium } from '@tidings/test-kit/chromium'
import { expect, it } from 'vitest'
import { desktopChromium, freeze } from './chromium.js'
import { expectNothingMissed, Feed, has, judge, last, openTab, startFed } from './living-feed.js'

const openContext = desktopChromium()

/** Starts a server, and opens a browser whose tabs share a connection. */
async function start() {
  const feed = new Feed()
  const server = await startFed(feed, { heartbeatMs: 60_000 })
  const context = await openContext()
  const open = () => openTab(context, server.origin, 'the default', true)
  return { feed, server, open, context }
}

type Tab = Awaited<ReturnType<Awaited<ReturnType<typeof start>>['open']>>

/** Waits until a tab was told of something that has not happened yet. */
async function goesOn({ living }: Tab, feed: Feed, what: string): Promise<void> {
  const from = feed.count
  await living.until((notes) => last(notes, 'ticks') > from + 20 && last(notes, 'room') > from + 20, what)
}

const state = async ({ living }: Tab) =>
  (await living.notes()).findLast(({ topic }) => topic === 'connection')?.what

it.skipIf(!hasChromium)(
  'tabs go on when the one that holds the connection is navigated away from, and so does that when it comes back',
  async () => {
    const { feed, server, open } = await start()
    const holder = await open()
    const follower = await open()
    await holder.page.goto(`${server.origin}/events/nothing`)
    await goesOn(follower, feed, 'the other tab went on')
    const late = await open()
    await goesOn(late, feed, 'a new tab went on')
    await holder.page.goBack({ waitUntil: 'commit' })
    await goesOn(holder, feed, 'the tab that came back went on')
    expect(server.tidings.stats().connections).toBe(1)
    await follower.page.goto(`${server.origin}/events/nothing`)
    await goesOn(holder, feed, 'the tab that came back went on without the others')
    for (const { living } of [holder, late]) expectNothingMissed(await living.end(feed), feed)
    expect(has(await holder.living.notes(), 'page', 'came back')).toBe(true)
  },
)

it.skipIf(!hasChromium)(
  'a tab that does not hold the connection is navigated away from and back, and misses nothing',
  async () => {
    const { feed, server, open } = await start()
    const holder = await open()
    const follower = await open()
    expect(server.tidings.stats()).toMatchObject({ connections: 1, subscriptions: 2 })
    await follower.page.goto(`${server.origin}/events/nothing`)
    await goesOn(holder, feed, 'the holder went on')
    await follower.page.goBack({ waitUntil: 'commit' })
    await goesOn(follower, feed, 'the tab that came back went on')
    for (const { living } of [holder, follower]) expectNothingMissed(await living.end(feed), feed)
    expect(has(await follower.living.notes(), 'page', 'came back')).toBe(true)
    expect(server.tidings.stats().connections).toBe(1)
  },
)

it.skipIf(!hasChromium)(
  'a tab that comes back to a server that was restarted meanwhile is told what it has missed',
  async () => {
    const { feed, server, open } = await start()
    const holder = await open()
    const follower = await open()
    await follower.page.goto(`${server.origin}/events/nothing`)
    await until(() => server.tidings.stats().connections === 1, 'the holder has the connection')
    feed.server = undefined
    await server.stop()
    await startFed(feed, { port: server.port })
    await goesOn(holder, feed, 'the holder went on')
    await follower.page.goBack({ waitUntil: 'commit' })
    await goesOn(follower, feed, 'the tab that came back went on')
    for (const { living } of [holder, follower]) {
      const { ticks, room } = judge(await living.end(feed))
      expect(ticks).toMatchObject({ gaps: ['history_lost'], faults: [] })
      expect(room).toMatchObject({ gaps: ['history_lost'], snapshots: 2, faults: [] })
    }
  },
)

it.skipIf(!hasChromium).for<[how: string, isTold: boolean]>([
  ['with notice', true],
  ['without notice', false],
])(
  'tabs continue when the leading tab is frozen %s, and that tab continues when it thaws',
  async ([, isTold]) => {
    const { feed, server, open } = await start()
    const holder = await open()
    const followers = [await open(), await open()]
    const thaw = await freeze(holder.page, isTold)
    const frozenAt = feed.count
    for (const follower of followers) await goesOn(follower, feed, 'the other tabs went on')
    await thaw()
    await goesOn(holder, feed, 'the tab that thawed went on')
    await until(() => server.tidings.stats().connections === 1, 'they share one connection again')
    const tabs = [holder, ...followers, await open()]
    for (const tab of tabs) expect(await state(tab)).toBe('open')
    for (const { living } of tabs) expectNothingMissed(await living.end(feed), feed)
    const thawed = await holder.living.notes()
    expect(has(thawed, 'page', 'freeze')).toBe(isTold)
    expect(last(thawed, 'ticks')).toBeGreaterThan(frozenAt)
    if (isTold) return
    // They did not say that all is well while nothing came.
    for (const { living } of followers) expect(has(await living.notes(), 'connection', 'waiting')).toBe(true)
  },
)

it.skipIf(!hasChromium)(
  'a new tab takes over from a leading tab that was frozen without notice',
  async () => {
    const { feed, server, open } = await start()
    const holder = await open()
    const thaw = await freeze(holder.page, false)
    const late = await open()
    await thaw()
    await goesOn(holder, feed, 'the tab that thawed went on')
    for (const { living } of [holder, late]) expectNothingMissed(await living.end(feed), feed)
    await until(() => server.tidings.stats().connections === 1, 'they share one connection again')
  },
)

it.skipIf(!hasChromium)(
  "tabs continue while the leading tab's script hangs, and that tab continues afterwards",
  async () => {
    const { feed, server, open } = await start()
    const holder = await open()
    const follower = await open()
    const session = await holder.page.context().newCDPSession(holder.page)
    await session.send('Debugger.enable')
    const isPaused = new Promise((resolve) => session.once('Debugger.paused', resolve))
    await session.send('Debugger.pause')
    await isPaused
    await goesOn(follower, feed, 'the other tab went on')
    await session.send('Debugger.disable')
    await session.detach()
    await goesOn(holder, feed, 'the tab that hung went on')
    await until(() => server.tidings.stats().connections === 1, 'they share one connection again')
    for (const { living } of [holder, follower]) expectNothingMissed(await living.end(feed), feed)
  },
)

it.skipIf(!hasChromium)(
  'a tab that does not hold the connection is frozen and thaws, and misses nothing',
  async () => {
    const { feed, server, open } = await start()
    const holder = await open()
    const follower = await open()
    for (const isTold of [true, false]) {
      const thaw = await freeze(follower.page, isTold)
      await goesOn(holder, feed, 'the holder went on')
      await thaw()
      await goesOn(follower, feed, 'the tab that thawed went on')
    }
    for (const { living } of [holder, follower]) expectNothingMissed(await living.end(feed), feed)
    expect(server.tidings.stats().connections).toBe(1)
  },
)
