import { type BackoffBounds, backoffMs, type Cursor, eventNameOf } from '@tidings/core/wire'
import type { BusEvent, BusLog, BusPage, BusUpdate } from '../bus/bus.js'
import { traceOf, withoutTrace } from '../bus/traced-body.js'
import type { HistoryBounds } from '../history.js'
import { pause } from '../pause.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import type { Log } from './log.js'
import { PendingUpdates } from './pending-updates.js'

/** The delay before a failed read of the bus is tried again. */
const retry: BackoffBounds = { minMs: 100, maxMs: 5_000 }

/** How long a follower waits for updates with events that the bus no longer keeps, in milliseconds. */
const updatePatience = { totalMs: 1_000, intervalMs: 10 }

export interface FollowerDeps {
  readonly bus: BusLog
  /** The log that is kept in step with the bus'. */
  readonly log: Log
  readonly key: string
  /** How much the bus has to keep. */
  readonly history: HistoryBounds
}

export interface FollowerCallbacks {
  /** Called when an event was appended that carries a trace, with the text of it. */
  onTraced(trace: string): void
  /** Called when the log has grown by so many characters, or has skipped events that are lost. */
  onAppended(length: number): void
  /** Called when the log has begun another epoch. */
  onRestarted(): void
  /** Called when the topic has had no subscriber for a while. */
  onUnused(): void
}

/**
 * Keeps the log of a topic in step with the bus' log, of which it is the tail. See decision 011.
 *
 * An update is accepted only if it continues from the log's head. After any other, the follower reads from
 * its head, and either finds every event that follows or moves on past events that are lost, which is a gap.
 *
 * Updates that arrive during a read are kept: on a busy topic, the bus may drop their events before the next
 * read.
 */
export class Follower {
  readonly #deps: FollowerDeps
  readonly #callbacks: FollowerCallbacks
  #state: 'new' | 'started' | 'stopped' = 'new'
  #stopListening: (() => void) | undefined
  #started: Promise<void> | undefined
  /** Whether the bus may have events that the read under way does not return. */
  #isDoubtful = false
  /** The updates that arrive during a read; absent between reads. */
  #pending: PendingUpdates | undefined
  #catchingUp: Promise<void> | undefined
  #retry: Timer | undefined
  #linger: Timer | undefined
  #failures = 0

  constructor(deps: FollowerDeps, callbacks: FollowerCallbacks) {
    this.#deps = deps
    this.#callbacks = callbacks
  }

  /**
   * Starts following. Resolves when the log is at the position of the bus' log.
   *
   * @throws TidingsError `unavailable`, after which it can be started again
   */
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

  /** Cancels {@link scheduleRelease}. */
  retain(): void {
    clearTimeout(this.#linger)
  }

  /** Calls `onUnused` after a while, unless the log is needed before. */
  scheduleRelease(ms: number): void {
    clearTimeout(this.#linger)
    this.#linger = setBackgroundTimeout(() => this.#callbacks.onUnused(), ms)
  }

  stop(): void {
    this.#state = 'stopped'
    clearTimeout(this.#linger)
    clearTimeout(this.#retry)
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  /** Reads the events that may have been missed. Resolves when they are read, or will be tried again. */
  async check(): Promise<void> {
    this.#isDoubtful = true
    if (this.isStarted) await this.#catchUp().catch(() => {})
  }

  /**
   * Extends the log to a client's cursor, if the bus' log reaches as far. The cursor may be newer than the
   * last update that this node has received, or older than its log.
   *
   * @throws TidingsError `unavailable` if the bus cannot be read
   */
  async ensureCovers(cursor: Cursor): Promise<void> {
    const { log } = this.#deps
    // A read that is already under way may have begun before the cursor's event.
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
    // The log may have been trimmed further in the meantime, or have begun another epoch.
    if (cursor.epoch === log.epoch) log.prepend(events.filter((event) => event.seq <= log.floor).map(toEntry))
  }

  async #start(): Promise<void> {
    const { bus, log, key } = this.#deps
    this.#stopListening ??= await bus.listen(key, (update) => this.#onUpdate(update))
    if (this.#isStopped) {
      this.stop()
      return
    }
    const [{ epoch, head }, pending] = await this.#read()
    if (this.#isStopped) return
    log.restart(epoch, head)
    this.#state = 'started'
    const isComplete = this.#applyPending(pending)
    // The log is where the bus' log was, even if this fails.
    if (!isComplete || this.#isDoubtful) await this.#catchUp().catch(() => {})
  }

  #onUpdate(update: BusUpdate): void {
    if (this.#isStopped || this.#tryAppend(update) || this.#pending?.add(update)) return
    this.#isDoubtful = true
    if (this.isStarted && !this.#retry) this.#catchUpWithRetry()
  }

  /**
   * Appends the events that continue from the log's head. Returns whether the log has every event of the
   * update now.
   */
  #tryAppend({ epoch, events }: BusUpdate): boolean {
    const { log } = this.#deps
    if (!this.isStarted || epoch !== log.epoch) return false
    // The events are new, so the clocks of other machines do not matter.
    const now = performance.now()
    this.#append(events, () => now)
    return (events.at(-1)?.seq ?? 0) <= log.head
  }

  /** Appends the updates that arrived during a read, as {@link #tryAppend} does. */
  #applyPending({ updates }: PendingUpdates): boolean {
    let isComplete = true
    for (const update of updates) isComplete = this.#tryAppend(update) && isComplete
    return isComplete
  }

  #append(events: readonly BusEvent[], timeOf: (event: BusEvent) => number): void {
    const { log } = this.#deps
    let length = 0
    for (const event of events) {
      if (event.seq !== log.head + 1) continue
      const trace = traceOf(event.body)
      const body = trace === undefined ? event.body : withoutTrace(event.body)
      length += log.append(eventNameOf(body), body, timeOf(event))
      if (trace !== undefined) this.#callbacks.onTraced(trace)
    }
    if (length > 0) this.#callbacks.onAppended(length)
  }

  /** Reads from the log's head until there is nothing more. Calls share a read that is under way. */
  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#readToHead()
    return this.#catchingUp
  }

  /** Catches up without a caller that waits. A failed read is tried again until it succeeds. */
  #catchUpWithRetry(): void {
    this.#catchUp().catch(() => {})
  }

  async #readToHead(): Promise<void> {
    clearTimeout(this.#retry)
    this.#retry = undefined
    try {
      do {
        this.#isDoubtful = false
        while (await this.#readPage());
      } while (this.#isDoubtful)
      this.#failures = 0
    } catch (error) {
      if (!this.#isStopped) {
        this.#retry = setBackgroundTimeout(() => this.#catchUpWithRetry(), backoffMs(retry, this.#failures))
        this.#failures += 1
      }
      throw error
    } finally {
      this.#catchingUp = undefined
    }
  }

  /** Reads one page. Returns whether there is more. */
  async #readPage(): Promise<boolean> {
    const { log } = this.#deps
    const after = log.cursorAt(log.head)
    const [{ epoch, head, events }, pending] = await this.#read(after)
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
    return log.head < head || !this.#applyPending(pending)
  }

  /** Reads the events after a position. Returns them with the updates that arrived meanwhile. */
  async #read(after?: Cursor): Promise<[page: BusPage, pending: PendingUpdates]> {
    const { bus, log, key, history } = this.#deps
    const pending = new PendingUpdates()
    this.#pending = pending
    try {
      const page = await bus.read(key, history, after)
      // Events that the bus no longer keeps may still arrive in an update, unless a later update has arrived.
      const until = performance.now() + updatePatience.totalMs
      const isAwaited = () => page.epoch === after?.epoch && page.events.length === 0 && log.head < page.head
      while (isAwaited() && pending.isEmpty && !this.#isStopped && performance.now() < until) {
        await pause(updatePatience.intervalMs)
      }
      return [page, pending]
    } finally {
      this.#pending = undefined
    }
  }

  get #isStopped(): boolean {
    return this.#state === 'stopped'
  }
}

function toEntry({ seq, at, body }: BusEvent) {
  return { seq, event: eventNameOf(body), body: withoutTrace(body), at: monotonic(at) }
}

/** Converts a time to the monotonic clock that logs use. */
function monotonic(at: number): number {
  return Math.min(performance.now(), performance.now() - (Date.now() - at))
}
