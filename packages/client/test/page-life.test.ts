import { failingNetwork, pause, until } from '@tidings/test-kit'
import { hasChromium } from '@tidings/test-kit/chromium'
import { expect, it } from 'vitest'
import { desktopChromium, freeze } from './chromium.js'
import { expectNothingMissed, Feed, has, judge, last, openTab, startFed, transports } from './living-feed.js'
import type { Note } from './living-page.js'

const openContext = desktopChromium()

/** Opens a page that follows both channels. */
async function openPage(origin: string, transport: (typeof transports)[number]) {
  const context = await openContext()
  return { context, ...(await openTab(context, origin, transport)) }
}

/** A server tells a page to wait between half and one and a half of that: 20 s at the least. */
const longRetryMs = 40_000

/** What a page that comes back at once may take, on a machine that is busy; far less than it would wait otherwise. */
const atOnceMs = 8_000

it.skipIf(!hasChromium).each(transports)(
  'with %s EventSource, a page reconnects to a restarted server, and is notified of the gap',
  async (transport) => {
    const feed = new Feed()
    const { origin, port, stop } = await startFed(feed)
    const { living } = await openPage(origin, transport)
    feed.server = undefined
    await stop()
    const failures = (notes: readonly Note[]) =>
      notes.filter(({ topic, what }) => topic === 'connection' && what === 'waiting').length
    await living.until((notes) => failures(notes) >= 3, 'it had tried in vain')
    const missedFrom = feed.count
    await startFed(feed, { port })
    await living.until((notes) => last(notes, 'ticks') > missedFrom + 20, 'it had gone on')
    const notes = await living.end(feed)
    const { ticks, room } = judge(notes)
    expect(ticks).toMatchObject({ gaps: ['history_lost'], faults: [] })
    expect(room).toMatchObject({ snapshots: 2, gaps: ['history_lost'], faults: [] })
    const after = notes.slice(notes.findIndex(({ what }) => what === 'gap'))
    expect(last(after, 'room')).toBe(feed.count)
  },
)

const hidden = transports.flatMap((transport) => [
  [transport, 'has not noticed', { heartbeatMs: 2_000, hiddenMs: 3_000, sees: 'open' }] as const,
  [transport, 'waits for its next attempt', { heartbeatMs: 500, hiddenMs: 1_000, sees: 'waiting' }] as const,
])

it.skipIf(!hasChromium).for(hidden)(
  'with %s EventSource, a hidden page whose connection died, and that %s, reconnects as soon as it is shown',
  async ([transport, , { heartbeatMs, hiddenMs, sees }], { annotate }) => {
    const feed = new Feed()
    const { port } = await startFed(feed, { heartbeatMs, retryMs: longRetryMs })
    const network = await failingNetwork(port)
    const { context, page, living } = await openPage(network.origin, transport)
    const other = await context.newPage()
    await living.until((notes) => has(notes, 'page', 'hidden'), 'it was hidden')
    network.become('silent')
    const diedAt = feed.count
    await pause(hiddenMs)
    const state = (notes: readonly Note[]) => notes.findLast(({ topic }) => topic === 'connection')?.what
    await living.until((notes) => state(notes) === sees, `its connection was ${sees}`)
    network.become('up')
    await page.bringToFront()
    const tookMs = await living.until((notes) => last(notes, 'ticks') > diedAt, 'it was back')
    await annotate(`${tookMs} ms`)
    expect(tookMs).toBeLessThan(atOnceMs)
    const notes = await living.end(feed)
    expect(has(notes, 'page', 'visible')).toBe(true)
    expectNothingMissed(notes, feed)
    await other.close()
  },
)

it.skipIf(!hasChromium).for(transports)(
  'with %s EventSource, a page reconnects as soon as it is online, and misses no event',
  async (transport, { annotate }) => {
    const feed = new Feed()
    const { port } = await startFed(feed, { retryMs: longRetryMs })
    const network = await failingNetwork(port)
    const { context, living } = await openPage(network.origin, transport)
    // Chromium refuses new requests while it plays being offline, but keeps what is open.
    await context.setOffline(true)
    network.become('down')
    await living.until((notes) => has(notes, 'connection', 'waiting'), 'it was lost')
    await pause(500)
    const diedAt = feed.count
    network.become('up')
    await context.setOffline(false)
    const tookMs = await living.until((notes) => last(notes, 'ticks') > diedAt, 'it was back')
    await annotate(`${tookMs} ms`)
    expect(tookMs).toBeLessThan(atOnceMs)
    const notes = await living.end(feed)
    expect(has(notes, 'page', 'online')).toBe(true)
    expectNothingMissed(notes, feed)
  },
)

it.skipIf(!hasChromium).for(transports)(
  'with %s EventSource, a page does not wait for an attempt from before it was online',
  async (transport, { annotate }) => {
    const feed = new Feed()
    const { port } = await startFed(feed, { retryMs: longRetryMs })
    const network = await failingNetwork(port)
    const { context, living } = await openPage(network.origin, transport)
    const state = (notes: readonly Note[]) => notes.findLast(({ topic }) => topic === 'connection')?.what
    await context.setOffline(true)
    network.become('down')
    await living.until((notes) => state(notes) === 'waiting', 'it was lost')
    network.become('silent')
    await context.setOffline(false)
    await living.until((notes) => state(notes) === 'connecting', 'it tried again')
    await context.setOffline(true)
    const diedAt = feed.count
    network.become('up')
    await context.setOffline(false)
    const tookMs = await living.until((notes) => last(notes, 'ticks') > diedAt, 'it was back')
    await annotate(`${tookMs} ms`)
    expect(tookMs).toBeLessThan(atOnceMs)
    expectNothingMissed(await living.end(feed), feed)
  },
)

it.skipIf(!hasChromium).for(transports)(
  'with %s EventSource, a page in the back-forward cache holds no connection, and resumes when it is restored',
  async (transport, { annotate }) => {
    const feed = new Feed()
    const { origin, tidings, requests } = await startFed(feed, { retryMs: longRetryMs })
    const { page, living } = await openPage(origin, transport)
    await page.goto(`${origin}/events/nothing`)
    await until(() => tidings.stats().connections === 0, 'its connection was closed')
    const leftAt = feed.count
    await pause(500)
    await page.goBack({ waitUntil: 'commit' })
    const tookMs = await living.until((notes) => last(notes, 'ticks') > leftAt, 'it was back')
    await annotate(`${tookMs} ms`)
    expect(tookMs).toBeLessThan(atOnceMs)
    const notes = await living.end(feed)
    expect(has(notes, 'page', 'came back')).toBe(true)
    expectNothingMissed(notes, feed)
    expect(requests.filter(({ method, url }) => method === 'GET' && url === '/events')).toHaveLength(2)
  },
)

const freezes = transports.flatMap((transport) => [
  [transport, 'that receives the freeze event', true] as const,
  [transport, 'that receives no freeze event', false] as const,
])

it.skipIf(!hasChromium).for(freezes)(
  'with %s EventSource, a page %s resumes after a short freeze, and misses no event',
  async ([transport, , isTold]) => {
    const feed = new Feed()
    // What a client may take to notice a dead connection is more than the test waits.
    const { origin } = await startFed(feed, { heartbeatMs: 60_000, retryMs: longRetryMs })
    const { page, living } = await openPage(origin, transport)
    const thaw = await freeze(page, isTold)
    await pause(300)
    const thawedAt = feed.count
    await thaw()
    await living.until((notes) => last(notes, 'ticks') > thawedAt, 'it had gone on')
    const notes = await living.end(feed)
    expect(has(notes, 'page', 'resume')).toBe(true)
    expect(has(notes, 'page', 'freeze')).toBe(isTold)
    expectNothingMissed(notes, feed)
  },
)
