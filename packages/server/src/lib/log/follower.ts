import { setTimeout as sleep } from 'node:timers/promises'
import { type BackoffBounds, backoffMs, type Cursor, eventNameOf } from '@tidings/core/wire'
import type { BusEvent, BusLog, BusPage, BusUpdate } from '../bus/bus.js'
import type { HistoryBounds } from '../history.js'
import type { Log } from './log.js'
import { PendingUpdates } from './pending-updates.js'

/** Between which bounds a bus that fails is asked again. */
const retry: BackoffBounds = { minMs: 100, maxMs: 5_000 }

/** For how long news is waited for of what the bus keeps no more, and how often it is looked for, in milliseconds. */
const patience = { ms: 1_000, eachMs: 10 }

export interface FollowerDeps {
  readonly bus: BusLog
  /** The log that is kept in step with the bus'. */
  readonly log: Log
  readonly key: string
  /** How much the bus has to keep. */
  readonly history: HistoryBounds
}

export interface FollowerCallbacks {
  /** Called when the log has grown by so many characters, or has skipped events that are lost. */
  onAppended(length: number): void
  /** Called when the log has begun another epoch. */
  onRestarted(): void
  /** Called when the topic has had no subscriber for a while. */
  onUnused(): void
}

/**
 * Keeps the log of a topic in step with the bus', of which it is the tail.
 *
 * News is only ever trusted as far as it goes on from the log's head. Whatever does not, and whatever may have been
 * lost, is read from the bus: what comes after a position either is all there, or has been lost and is announced. What has
 * come by the time is not thrown away: where many events come, the bus may not keep them for as long as it takes to read.
 */
export class Follower {
  readonly #deps: FollowerDeps
  readonly #callbacks: FollowerCallbacks
  #state: 'new' | 'started' | 'stopped' = 'new'
  #stopListening: (() => void) | undefined
  #started: Promise<void> | undefined
  /** Whether there may be something that the log was not read with. */
  #isDoubtful = false
  /** There while the log is being read. */
  #pending: PendingUpdates | undefined
  #catchingUp: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #linger: NodeJS.Timeout | undefined
  #failures = 0

  constructor(deps: FollowerDeps, callbacks: FollowerCallbacks) {
    this.#deps = deps
    this.#callbacks = callbacks
  }

  /** Resolves when the log stands where the bus' does. @throws TidingsError `unavailable`, after which it can be started again */
  start(): Promise<void> {
    this.#started ??= this.#start().catch((error) => {
      this.#started = undefined
      throw error
    })
    return this.#started
  }

  get isStarted(): boolean {
    return this.#state === 'started'
  }

  /** Somebody needs the log. */
  retain(): void {
    clearTimeout(this.#linger)
  }

  /** Nobody needs the log now. */
  scheduleRelease(ms: number): void {
    clearTimeout(this.#linger)
    this.#linger = setTimeout(() => this.#callbacks.onUnused(), ms).unref()
  }

  stop(): void {
    this.#state = 'stopped'
    clearTimeout(this.#linger)
    clearTimeout(this.#retry)
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  /** Reads what may have been missed. Resolves when that is done, or is tried again later. */
  async check(): Promise<void> {
    this.#isDoubtful = true
    if (this.isStarted) await this.#catchUp().catch(() => {})
  }

  /**
   * Has the log reach as far as a cursor that somebody comes with, back and forth, if the bus' does: it may be newer than
   * what this node has heard of.
   *
   * @throws TidingsError `unavailable` if the bus cannot be read
   */
  async ensureCovers(cursor: Cursor): Promise<void> {
    const { log } = this.#deps
    // Where one is under way already, it may have begun before the cursor was.
    if (this.#isBehind(cursor)) await this.#catchUp()
    if (this.#isBehind(cursor)) await this.#catchUp()
    if (cursor.epoch === log.epoch && cursor.seq < log.floor) await this.#readBack(cursor)
  }

  #isBehind({ epoch, seq }: Cursor): boolean {
    const { log } = this.#deps
    return epoch !== log.epoch || seq > log.head
  }

  async #readBack(cursor: Cursor): Promise<void> {
    const { bus, log, key, history } = this.#deps
    let { seq } = cursor
    const events: BusEvent[] = []
    while (seq < log.floor) {
      const page = await bus.read(key, history, { epoch: cursor.epoch, seq })
      const [first] = page.events
      if (page.epoch !== log.epoch || first?.seq !== seq + 1) return
      events.push(...page.events)
      seq = page.events.at(-1)?.seq ?? seq
    }
    // The log may have let go of some more in the meantime, or begun another life.
    if (cursor.epoch === log.epoch) log.prepend(events.filter((event) => event.seq <= log.floor).map(toEntry))
  }

  async #start(): Promise<void> {
    const { bus, log, key } = this.#deps
    this.#stopListening ??= await bus.listen(key, (news) => this.#onUpdate(news))
    if (this.#isStopped) {
      this.stop()
      return
    }
    const [{ epoch, head }, ahead] = await this.#read()
    if (this.#isStopped) return
    log.restart(epoch, head)
    this.#state = 'started'
    const goesOn = this.#applyPending(ahead)
    // It stands where the bus' did, even if this fails.
    if (!goesOn || this.#isDoubtful) await this.#catchUp().catch(() => {})
  }

  #onUpdate(news: BusUpdate): void {
    if (this.#isStopped || this.#tryAppend(news) || this.#pending?.hold(news)) return
    this.#isDoubtful = true
    if (this.isStarted && !this.#retry) this.#catchUpWithRetry()
  }

  /** Appends what goes on from the log's head, and says whether the log has all of it now. */
  #tryAppend({ epoch, events }: BusUpdate): boolean {
    const { log } = this.#deps
    if (!this.isStarted || epoch !== log.epoch) return false
    // News is new: nobody's clock matters.
    const now = performance.now()
    this.#append(events, () => now)
    return (events.at(-1)?.seq ?? 0) <= log.head
  }

  /** The same for what has come while the log was read. */
  #applyPending({ updates: news }: PendingUpdates): boolean {
    let goesOn = true
    for (const each of news) goesOn = this.#tryAppend(each) && goesOn
    return goesOn
  }

  /** Appends what goes on from the log's head. */
  #append(events: readonly BusEvent[], timeOf: (event: BusEvent) => number): void {
    const { log } = this.#deps
    let length = 0
    for (const event of events) {
      if (event.seq === log.head + 1) length += log.append(eventNameOf(event.body), event.body, timeOf(event))
    }
    if (length > 0) this.#callbacks.onAppended(length)
  }

  /** Reads on from the log's head until there is nothing more. Whoever asks while it is under way shares it. */
  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#readToHead()
    return this.#catchingUp
  }

  /** The same, for those who do not wait for it: it is tried again until it succeeds. */
  #catchUpWithRetry(): void {
    this.#catchUp().catch(() => {})
  }

  async #readToHead(): Promise<void> {
    clearTimeout(this.#retry)
    this.#retry = undefined
    try {
      do {
        this.#isDoubtful = false
        while (await this.#readOn());
      } while (this.#isDoubtful)
      this.#failures = 0
    } catch (error) {
      if (!this.#isStopped) {
        this.#retry = setTimeout(() => this.#catchUpWithRetry(), backoffMs(retry, this.#failures)).unref()
        this.#failures += 1
      }
      throw error
    } finally {
      this.#catchingUp = undefined
    }
  }

  /** Reads one page, and says whether there is more. */
  async #readOn(): Promise<boolean> {
    const { log } = this.#deps
    const after = log.cursorAt(log.head)
    const [{ epoch, head, events }, ahead] = await this.#read(after)
    if (this.#isStopped) return false
    if (epoch !== after.epoch || head < after.seq) {
      log.restart(epoch, head)
      this.#callbacks.onRestarted()
    } else if (events[0]?.seq === after.seq + 1) {
      this.#append(events, ({ at }) => monotonic(at))
    } else if (log.head < head) {
      log.skipTo(head)
      this.#callbacks.onAppended(0)
    }
    return log.head < head || !this.#applyPending(ahead)
  }

  /** Reads what the bus keeps after a position, and gives it with the news that has come meanwhile. */
  async #read(after?: Cursor): Promise<[page: BusPage, ahead: PendingUpdates]> {
    const { bus, log, key, history } = this.#deps
    const ahead = new PendingUpdates()
    this.#pending = ahead
    try {
      const page = await bus.read(key, history, after)
      // What it keeps no more may be on its way, unless what follows it has come.
      const until = performance.now() + patience.ms
      const isAwaited = () => page.epoch === after?.epoch && page.events.length === 0 && log.head < page.head
      while (isAwaited() && ahead.isEmpty && !this.#isStopped && performance.now() < until) {
        await sleep(patience.eachMs, undefined, { ref: false })
      }
      return [page, ahead]
    } finally {
      this.#pending = undefined
    }
  }

  get #isStopped(): boolean {
    return this.#state === 'stopped'
  }
}

function toEntry({ seq, at, body }: BusEvent) {
  return { seq, event: eventNameOf(body), body, at: monotonic(at) }
}

/** When something was, on the clock that logs go by. */
function monotonic(at: number): number {
  return Math.min(performance.now(), performance.now() - (Date.now() - at))
}
