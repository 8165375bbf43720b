import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { hasChromium, startChromium } from './chromium.js'
import { failingNetwork } from './failing-network.js'
import { startServer, until } from './harness.js'
import type { LivingPage, Note } from './living-page.js'
import { pageServer } from './page-server.js'
import { Witness } from './witness.js'

const transports = ['its own', 'the default'] as const

/** A server tells a page to wait between half and one and a half of that: 20 s at the least. */
const longRetryMs = 40_000

/** What a page that comes back at once may take, on a machine that is busy; far less than it would wait otherwise. */
const atOnceMs = 8_000

type Server = Awaited<ReturnType<typeof startServer>>

/** What happens, whether there is a server to tell of it or not: both channels count up. */
class Feed {
  count = 0
  server: Server | undefined
  readonly #timer = setInterval(() => this.#tell(), 10)

  constructor() {
    onTestFinished(() => this.stop())
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tell(): void {
    this.count += 1
    void this.server?.tidings.emit.ticks().tick(this.count)
    void this.server?.tidings.emit
      .room({ roomId: 'lobby' })
      .message({ text: String(this.count), sentAt: new Date() })
  }
}

async function startFed(feed: Feed, options: Parameters<typeof startServer>[1] = {}): Promise<Server> {
  feed.server = await startServer(
    { room: { snapshot: () => ({ messages: Array.from({ length: feed.count }, String) }) } },
    { history: { size: 100_000 }, before: await pageServer('living-page.ts'), ...options },
  )
  return feed.server
}

/** Opens a page that follows both channels, and waits until it is in step. */
async function openPage(origin: string, transport: (typeof transports)[number]) {
  const context = await startChromium()
  const page = await context.newPage()
  await page.goto(origin)
  await page.evaluate((how) => (globalThis as unknown as LivingPage).live(how), transport)
  const living = new Observed(page)
  await living.until((notes) => notes.filter(({ what }) => what === 'event').length > 40, 'it was in step')
  return { context, page, living }
}

/** A page as the test sees it. */
class Observed {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  notes(): Promise<readonly Note[]> {
    return this.#page.evaluate(() => (globalThis as unknown as LivingPage).notes)
  }

  /** Waits until something holds, and tells how long that took. */
  async until(holds: (notes: readonly Note[]) => boolean, what: string): Promise<number> {
    const begun = Date.now()
    while (!holds(await this.notes())) {
      if (Date.now() > begun + 20_000) {
        const notes = (await this.notes()).filter(({ what }) => what !== 'event')
        throw new Error(`waited in vain until ${what}: ${JSON.stringify(notes)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return Date.now() - begun
  }

  /** Waits until all that has happened is known, and nothing more comes. */
  async end(feed: Feed): Promise<readonly Note[]> {
    feed.stop()
    const isAtEnd = (notes: readonly Note[], topic: 'ticks' | 'room') => last(notes, topic) === feed.count
    await this.until((notes) => isAtEnd(notes, 'ticks') && isAtEnd(notes, 'room'), 'it had seen all')
    return this.notes()
  }
}

/** The number that a topic has come to. */
function last(notes: readonly Note[], topic: 'ticks' | 'room'): number {
  const note = notes.findLast((one) => one.topic === topic && one.what !== 'gap')
  return note && 'n' in note ? note.n : 0
}

function has(notes: readonly Note[], topic: Note['topic'], what: string): boolean {
  return notes.some((note) => note.topic === topic && note.what === what)
}

/** What went unannounced, twice or out of order, and how often something else was told. */
function judge(notes: readonly Note[]) {
  const of = (topic: 'ticks' | 'room') => {
    const witness = new Witness(topic)
    let events = 0
    let snapshots = 0
    const reasons: string[] = []
    for (const note of notes) {
      if (note.topic !== topic) continue
      if ('reason' in note) {
        witness.gap()
        reasons.push(note.reason)
      } else if (note.what === 'snapshot') {
        witness.snapshot(note.n)
        snapshots += 1
      } else {
        witness.event(note.n)
        events += 1
      }
    }
    return { events, snapshots, gaps: reasons, faults: witness.faults }
  }
  return { ticks: of('ticks'), room: of('room') }
}

/** All of it came, each event once, since the first. */
function expectNothingMissed(notes: readonly Note[], feed: Feed): void {
  const first = notes.find((note) => note.topic === 'ticks' && note.what === 'event')
  const { ticks, room } = judge(notes)
  const begun = first && 'n' in first ? first.n : 0
  expect(ticks).toEqual({ events: feed.count - begun + 1, snapshots: 0, gaps: [], faults: [] })
  expect(room).toMatchObject({ snapshots: 1, gaps: [], faults: [] })
}

it.skipIf(!hasChromium).each(transports)(
  'with %s EventSource, a page comes back to a server that was killed, and is told what it has missed',
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
    expect(ticks).toMatchObject({ gaps: ['epoch'], faults: [] })
    expect(room).toMatchObject({ snapshots: 2, gaps: ['epoch'], faults: [] })
    const after = notes.slice(notes.findIndex(({ what }) => what === 'gap'))
    expect(last(after, 'room')).toBe(feed.count)
  },
)

const hidden = transports.flatMap((transport) => [
  [transport, 'has not noticed it', { heartbeatMs: 2_000, hiddenMs: 3_000, sees: 'open' }] as const,
  [transport, 'waits to try again', { heartbeatMs: 500, hiddenMs: 1_000, sees: 'waiting' }] as const,
])

it.skipIf(!hasChromium).for(hidden)(
  'with %s EventSource, a page whose connection died while it was hidden, and that %s, is back as soon as it is shown',
  async ([transport, , { heartbeatMs, hiddenMs, sees }], { annotate }) => {
    const feed = new Feed()
    const { port } = await startFed(feed, { heartbeatMs, retryMs: longRetryMs })
    const network = await failingNetwork(port)
    const { context, page, living } = await openPage(network.origin, transport)
    const other = await context.newPage()
    await living.until((notes) => has(notes, 'page', 'hidden'), 'it was hidden')
    network.become('silent')
    const diedAt = feed.count
    await new Promise((resolve) => setTimeout(resolve, hiddenMs))
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
  'with %s EventSource, a page that was offline is back as soon as it is online, and has missed nothing',
  async (transport, { annotate }) => {
    const feed = new Feed()
    const { port } = await startFed(feed, { retryMs: longRetryMs })
    const network = await failingNetwork(port)
    const { context, living } = await openPage(network.origin, transport)
    // Chromium refuses new requests while it plays being offline, but keeps what is open.
    await context.setOffline(true)
    network.become('down')
    await living.until((notes) => has(notes, 'connection', 'waiting'), 'it was lost')
    await new Promise((resolve) => setTimeout(resolve, 500))
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
  'with %s EventSource, a page does not wait for an attempt that was made before it came online',
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
  'with %s EventSource, a page that was left holds no connection, and goes on when it comes back from the back-forward cache',
  async (transport, { annotate }) => {
    const feed = new Feed()
    const { origin, tidings, requests } = await startFed(feed, { retryMs: longRetryMs })
    const { page, living } = await openPage(origin, transport)
    await page.goto(`${origin}/events/nothing`)
    await until(() => tidings.stats().connections === 0, 'its connection was closed')
    const leftAt = feed.count
    await new Promise((resolve) => setTimeout(resolve, 500))
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
