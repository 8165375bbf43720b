import { isTidingsError, type TidingsError } from '@tidings/core'
import {
  backoffMs,
  type CompiledChannel,
  type Cursor,
  formatCursor,
  isAtOrAfter,
  parseJson,
} from '@tidings/core/wire'
import type { TransportTopic } from '../connection/control.js'
import { isRetryable } from '../connection/failures.js'
import type { ErrorContext, ResolvedOptions } from '../options.js'
import { LateSubscribers } from './late-subscribers.js'
import type { Gap, GapReason, Received, Subscriber } from './subscriber.js'

/** Whoever keeps the topics of a client. */
export interface TopicSubscriptionDeps {
  readonly options: ResolvedOptions
  /** The topic needs something of the server. */
  needsSync(): void
  /** How far the topic is has changed. */
  onStageChanged(wire: TopicSubscription): void
  /** The topic is over: nobody subscribes to it any more, or it was refused. */
  onReleased(wire: TopicSubscription): void
  report(error: TidingsError, at: ErrorContext): void
}

/**
 * How far a topic is on the current connection: it is to be `wanted` there; it was `asked` for; it is `carried`; it was
 * refused for now, and is `resting` before it is asked for again.
 */
type Stage = 'wanted' | 'asked' | 'carried' | 'resting'

/** One topic on the wire, shared by all who subscribe to it: each payload is parsed and validated once. */
export class TopicSubscription implements TransportTopic {
  readonly key: string
  readonly #deps: TopicSubscriptionDeps
  readonly #channel: CompiledChannel
  readonly #query: string
  /** Who is handed events, with the position of the snapshot that was fetched for it alone: what came before is in it. */
  readonly #live = new Map<Subscriber, Cursor | undefined>()
  #late: LateSubscribers | undefined
  /** The position after the last event that came; absent before a snapshot that is on its way. */
  #cursor: Cursor | undefined
  /** The request that has asked for it last, where requests have numbers: what comes of older ones does not count. */
  #requestSequence: number | undefined
  /** Where it was when it was asked for. */
  #requestedFrom: Cursor | undefined
  /** Whether the snapshot that the topic begins with has been handed out, so that who comes now is late. */
  #hasBegun = false
  #stage: Stage = 'wanted'
  /** Whether something may have been missed that no cursor covers, so that a gap comes first when the topic is live. */
  #isLate = false
  #needsSnapshot = false
  #failures = 0
  #retryTimer: ReturnType<typeof setTimeout> | undefined

  constructor(owner: TopicSubscriptionDeps, channel: CompiledChannel, key: string, query: string) {
    this.#deps = owner
    this.#channel = channel
    this.key = key
    this.#query = query
  }

  /** Whether what is emitted from now on is delivered, or announced as missed. */
  get isLive(): boolean {
    return this.#stage === 'carried'
  }

  /** Whether it is asked for, and neither live nor refused for now. */
  get isPending(): boolean {
    return this.#stage === 'wanted' || this.#stage === 'asked'
  }

  get isSettled(): boolean {
    return this.#stage === 'carried' || this.#stage === 'resting'
  }

  get cursor(): string | undefined {
    return this.#cursor && formatCursor(this.#cursor)
  }

  get needsRequest(): boolean {
    return this.#stage === 'wanted' || (this.#stage === 'carried' && this.#needsSnapshot)
  }

  takeRequest(sequence?: number): 'subscribe' | 'snapshot' | undefined {
    if (this.#stage === 'wanted') {
      this.#setStage('asked')
      this.#requestSequence = sequence
      this.#requestedFrom = this.#cursor
      return 'subscribe'
    }
    if (!this.needsRequest) return undefined
    this.#needsSnapshot = false
    return 'snapshot'
  }

  add(subscriber: Subscriber): void {
    const isLate = subscriber.wantsSnapshot && this.#hasBegun && this.#channel.snapshot
    if (isLate && this.#cursor) this.#addLate([subscriber], this.#cursor)
    else this.#live.set(subscriber, undefined)
    if (this.isLive) subscriber.onLive()
  }

  remove(subscriber: Subscriber): void {
    this.#live.delete(subscriber)
    this.#late?.subscribers.delete(subscriber)
    if (this.#late?.subscribers.size === 0) this.#takeLate()
    if (this.#live.size === 0 && !this.#late) this.close()
  }

  /** Takes a subscriber that lost its place, and hands it a fresh snapshot to go on from. */
  rejoin(subscriber: Subscriber): void {
    this.#live.delete(subscriber)
    this.add(subscriber)
  }

  /** Ends it, and with it all who subscribe. */
  close(problem?: TidingsError): void {
    const subscribers = [...this.#live.keys(), ...this.#takeLate()]
    this.#live.clear()
    clearTimeout(this.#retryTimer)
    this.#deps.onReleased(this)
    for (const subscriber of subscribers) subscriber.onEnded(problem)
  }

  /** The connection that carried it, or was asked to, is lost. */
  onLost(): void {
    // It was live, and has no position to go on from.
    if (this.isLive) this.overtaken()
    if (this.#stage !== 'resting') this.#setStage('wanted')
    this.#needsSnapshot = this.#late !== undefined
  }

  /** Something may have happened that it should have brought and will not, unless it goes on from a cursor. */
  overtaken(): void {
    this.#isLate = this.#cursor === undefined
  }

  /**
   * The server carries it: from a position, or from a snapshot that follows.
   *
   * @param request the number of the request that has asked for it
   * @param isJoined it was carried for others already, so that a snapshot has to be asked for
   */
  onSubscribed(cursor: Cursor | undefined, request: number | undefined, isJoined = false): void {
    if (
      this.#stage === 'wanted' ||
      (this.#requestSequence !== undefined && request !== this.#requestSequence)
    )
      return
    if (this.#leavesOut(cursor)) {
      this.#setStage('wanted')
      this.#deps.needsSync()
      return
    }
    // Or before where it is: what came since is not forgotten.
    this.#cursor ??= cursor
    this.#setStage('carried')
    if (cursor) this.#announceLate(cursor)
    if (cursor && isJoined) this.#onJoined(cursor)
    for (const subscriber of this.#subscribers()) subscriber.onLive()
    if (this.#needsSnapshot) this.#deps.needsSync()
  }

  /**
   * Whether a start would leave something out. Where an answer was lost and the topic asked for twice, the second start may
   * come when the first has been gone on from.
   */
  #leavesOut(start: Cursor | undefined): boolean {
    const at = this.#cursor
    if (!at) return false
    // Without a start, a gap follows: but not where it was asked for from nowhere.
    return start ? start.epoch !== at.epoch || start.seq > at.seq : this.#requestedFrom === undefined
  }

  /** The server will not carry it, or not now. */
  onFailed(problem: TidingsError): void {
    if (!isRetryable(problem)) {
      this.close(problem)
      return
    }
    this.overtaken()
    this.#setStage('resting')
    this.#needsSnapshot = this.#late !== undefined
    this.#retryLater(problem, this.#subscribers(), () => this.#setStage('wanted'))
  }

  /** The server carries it, but will not send the snapshot that was asked for, or not now. */
  onSnapshotFailed(problem: TidingsError): void {
    // Where the topic itself is asked for anew, so is the snapshot.
    if (!this.#late || this.#stage !== 'carried') return
    if (isRetryable(problem)) {
      this.#retryLater(problem, this.#late.subscribers, () => {
        this.#needsSnapshot = this.#late !== undefined
      })
      return
    }
    const refused = this.#takeLate()
    if (this.#live.size === 0) this.close()
    for (const subscriber of refused) subscriber.onEnded(problem)
  }

  onFrame(name: string, data: string, cursor: Cursor): void {
    // What comes before it is carried anew comes again after that, and nothing is left out.
    if (this.#stage !== 'carried') return
    if (name === '$snapshot') {
      this.#onSnapshot(data, cursor)
      return
    }
    if (this.#cursor && isAtOrAfter(this.#cursor, cursor)) return
    this.#cursor = cursor
    this.#failures = 0
    const decoded = this.#decode(name, data)
    if (!decoded) return
    const event: Received = { name, value: decoded.value, cursor }
    // Too much to hold: those who wait begin again with a newer snapshot.
    if (this.#late?.hold(event) === false) this.#addLate(this.#takeLate(), cursor)
    this.#forEachLive((subscriber, own) => {
      if (!own || !isAtOrAfter(own, cursor)) subscriber.onEvent(event)
    })
  }

  onGap(reason: GapReason, cursor: Cursor): void {
    if (this.#stage !== 'carried') return
    const gap: Gap = { reason, cursor: formatCursor(cursor) }
    // Those who came late have missed nothing yet: they begin with the snapshot that follows, like everyone.
    const late = this.#takeLate()
    this.#hasBegun = false
    this.#isLate = false
    // Until that is here there is no position to go on from.
    this.#cursor = this.#channel.snapshot ? undefined : cursor
    this.#forEachLive((subscriber) => subscriber.onGap(gap))
    for (const subscriber of late) this.#live.set(subscriber, undefined)
  }

  /** A snapshot is for everyone, at the beginning and after a gap; otherwise it is for those who came late. */
  #onSnapshot(data: string, cursor: Cursor): void {
    if (this.#hasBegun) {
      if (this.#late?.isServedBy(cursor)) this.#beginLate(this.#decode('$snapshot', data), cursor)
      else if (this.#late) {
        // It was on its way before. Should no other be, it is asked for once more.
        this.#needsSnapshot = true
        this.#deps.needsSync()
      }
      return
    }
    this.#hasBegun = true
    this.#cursor = cursor
    this.#announceLate(cursor)
    const decoded = this.#decode('$snapshot', data)
    this.#forEachLive((subscriber) => {
      this.#live.set(subscriber, undefined)
      if (decoded) subscriber.onSnapshot(decoded.value)
    })
  }

  /** Tries something again that was refused for now, after a while. */
  #retryLater(problem: TidingsError, subscribers: Iterable<Subscriber>, prepare: () => void): void {
    const unheard = [...subscribers].filter((subscriber) => !subscriber.onDelayed(problem))
    if (unheard.length > 0) this.#deps.report(problem, { channel: this.#channel.path, topic: this.#query })
    const delay = backoffMs(this.#deps.options.reconnect, this.#failures, problem.retryAfterMs)
    this.#failures += 1
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => {
      prepare()
      this.#deps.needsSync()
    }, delay)
  }

  /** Tells of what was missed before the topic was live; a gap of the server's own covers that too. */
  #announceLate(position: Cursor): void {
    if (!this.#isLate) return
    this.#isLate = false
    const gap: Gap = { reason: 'late', cursor: formatCursor(position) }
    this.#forEachLive((subscriber) => subscriber.onGap(gap))
  }

  #subscribers(): Subscriber[] {
    return [...this.#live.keys(), ...(this.#late?.subscribers ?? [])]
  }

  #setStage(stage: Stage): void {
    this.#stage = stage
    this.#deps.onStageChanged(this)
  }

  /** Everyone here has come later than others elsewhere. */
  #onJoined(since: Cursor): void {
    if (!this.#channel.snapshot || this.#hasBegun) return
    this.#hasBegun = true
    const late = [...this.#live.keys()].filter((subscriber) => subscriber.wantsSnapshot)
    for (const subscriber of late) this.#live.delete(subscriber)
    if (late.length > 0) this.#addLate(late, since)
  }

  #addLate(subscribers: Iterable<Subscriber>, since: Cursor): void {
    if (!this.#late) {
      this.#late = new LateSubscribers(since)
      this.#needsSnapshot = true
      this.#deps.needsSync()
    }
    for (const subscriber of subscribers) this.#late.subscribers.add(subscriber)
  }

  #beginLate(decoded: Decoded | undefined, position: Cursor): void {
    const held = this.#late?.heldAfter(position) ?? []
    const subscribers = this.#takeLate()
    for (const subscriber of subscribers) this.#live.set(subscriber, position)
    for (const subscriber of subscribers) {
      if (decoded && this.#live.has(subscriber)) subscriber.onSnapshot(decoded.value)
      for (const event of held) if (this.#live.has(subscriber)) subscriber.onEvent(event)
    }
  }

  /** Tells every subscriber that was there when it began, and has not left since. */
  #forEachLive(about: (subscriber: Subscriber, own: Cursor | undefined) => void): void {
    for (const [subscriber, own] of [...this.#live]) {
      if (this.#live.has(subscriber)) about(subscriber, own)
    }
  }

  /** Ends the waiting of those who came late, and gives them back. */
  #takeLate(): readonly Subscriber[] {
    const late = this.#late
    this.#late = undefined
    this.#needsSnapshot = false
    return late ? [...late.subscribers] : []
  }

  #decode(name: string, data: string): Decoded | undefined {
    const { path, snapshot, events } = this.#channel
    const plan = name === '$snapshot' ? snapshot : events.get(name)
    if (!plan) return undefined
    const what = `${name} of ${path}`
    try {
      return { value: plan.decode(parseJson(data, what), what, 'invalid_response') }
    } catch (error) {
      if (!isTidingsError(error)) throw error
      this.#deps.report(error, { channel: path, topic: this.#query, event: name, data })
      return undefined
    }
  }
}

/** A payload that fits its schema; in an object, for it may be undefined itself. */
interface Decoded {
  readonly value: unknown
}
