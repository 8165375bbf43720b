import { pause } from '@tidings/test-kit'
import type { BrowserContext, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { startServer } from './harness.js'
import type { LivingPage, Note } from './living-page.js'
import { pageServer } from './page-server.js'
import { Witness } from './witness.js'

export const transports = ['its own', 'the default'] as const

export type Server = Awaited<ReturnType<typeof startServer>>

/** What happens, whether there is a server to tell of it or not: both channels count up. */
export class Feed {
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

export async function startFed(feed: Feed, options: Parameters<typeof startServer>[1] = {}): Promise<Server> {
  feed.server = await startServer(
    { room: { snapshot: () => ({ messages: Array.from({ length: feed.count }, String) }) } },
    { history: { size: 100_000 }, before: await pageServer('living-page.ts'), ...options },
  )
  // Before the server is closed, which then has nothing to emit.
  onTestFinished(() => feed.stop())
  return feed.server
}

type Transport = (typeof transports)[number]

/** Opens a page that follows both channels, and waits until it is in step. */
export async function openTab(context: BrowserContext, origin: string, transport: Transport, share = false) {
  const page = await context.newPage()
  await page.goto(origin)
  await page.evaluate(([how, isShared]) => (globalThis as unknown as LivingPage).live(how, isShared), [
    transport,
    share,
  ] as const)
  const living = new Observed(page)
  await living.until((notes) => notes.filter(({ what }) => what === 'event').length > 40, 'it was in step')
  return { page, living }
}

/** A page as the test sees it. */
export class Observed {
  readonly #page: Page
  readonly #notes: Note[] = []

  constructor(page: Page) {
    this.#page = page
  }

  /** Returns the notes so far. Only the new ones are fetched, because there are hundreds a second. */
  async notes(): Promise<readonly Note[]> {
    const known = this.#notes.length
    const fresh = await this.#page.evaluate(
      (from) => (globalThis as unknown as LivingPage).notes.slice(from),
      known,
    )
    this.#notes.push(...fresh)
    return this.#notes
  }

  /** Waits until something holds, and tells how long that took. */
  async until(holds: (notes: readonly Note[]) => boolean, what: string): Promise<number> {
    const begun = Date.now()
    while (!holds(await this.notes())) {
      if (Date.now() > begun + 20_000) {
        const notes = (await this.notes()).filter(({ what }) => what !== 'event')
        throw new Error(`waited in vain until ${what}: ${JSON.stringify(notes)}`)
      }
      await pause(25)
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
export function last(notes: readonly Note[], topic: 'ticks' | 'room'): number {
  const note = notes.findLast((one) => one.topic === topic && one.what !== 'gap')
  return note && 'n' in note ? note.n : 0
}

export function has(notes: readonly Note[], topic: Note['topic'], what: string): boolean {
  return notes.some((note) => note.topic === topic && note.what === what)
}

/** What went unannounced, twice or out of order, and how often something else was told. */
export function judge(notes: readonly Note[]) {
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
export function expectNothingMissed(notes: readonly Note[], feed: Feed): void {
  const first = notes.find((note) => note.topic === 'ticks' && note.what === 'event')
  const { ticks, room } = judge(notes)
  const begun = first && 'n' in first ? first.n : 0
  expect(ticks).toEqual({ events: feed.count - begun + 1, snapshots: 0, gaps: [], faults: [] })
  expect(room).toMatchObject({ snapshots: 1, gaps: [], faults: [] })
}
