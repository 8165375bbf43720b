import { isTidingsError, type TidingsError } from '@tidings/core'
import {
  backoffMs,
  type CompiledChannel,
  type Cursor,
  formatCursor,
  isAtOrAfter,
  signal as signals,
} from '@tidings/core/wire'
import { mayHeal, parseJson } from './answer.js'
import type { CarriedTopic } from './control.js'
import { LateSubscribers } from './late-subscribers.js'
import type { ErrorPlace, ResolvedOptions } from './options.js'
import type { Gap, GapReason, Received, Subscriber } from './subscriber.js'

/** Whoever keeps the topics of a client. */
export interface WireOwner {
  readonly options: ResolvedOptions
  /** The topic needs something of the server. */
  needsSync(): void
  /** How far the topic is has changed. */
  staged(wire: TopicWire): void
  /** The topic is over: nobody subscribes to it any more, or it was refused. */
  released(wire: TopicWire): void
  report(error: TidingsError, at: ErrorPlace): void
}

/**
 * How far a topic is on the current connection: it is to be `wanted` there; it was `asked` for; it is `carried`; it was
 * refused for now, and is `resting` before it is asked for again.
 */
type Stage = 'wanted' | 'asked' | 'carried' | 'resting'

/** One topic on the wire, shared by all who subscribe to it: each payload is parsed and validated once. */
export class TopicWire implements CarriedTopic {
  readonly key: string
  readonly #owner: WireOwner
  readonly #channel: CompiledChannel
  readonly #query: string
  /** Who is handed events, with the position of the snapshot that was fetched for it alone: what came before is in it. */
  readonly #live = new Map<Subscriber, Cursor | undefined>()
  #late: LateSubscribers | undefined
  /** The position after the last event that came; absent before a snapshot that is on its way. */
  #cursor: Cursor | undefined
  /** The request that has asked for it last, where requests have numbers: what comes of older ones does not count. */
  #askedIn: number | undefined
  /** Where it was when it was asked for. */
  #askedFrom: Cursor | undefined
  /** Whether the snapshot that the topic begins with has been handed out, so that who comes now is late. */
  #hasBegun = false
  #stage: Stage = 'wanted'
  /** Whether something may have been missed that no cursor covers, so that a gap comes first when the topic is live. */
  #isLate = false
  #needsSnapshot = false
  #failures = 0
  #rest: ReturnType<typeof setTimeout> | undefined

  constructor(owner: WireOwner, channel: CompiledChannel, key: string, query: string) {
    this.#owner = owner
    this.#channel = channel
    this.key = key
    this.#query = query
  }

  /** Whether what is emitted from now on is delivered, or announced as missed. */
  get isLive(): boolean {
    return this.#stage === 'carried'
  }

  /** Whether it is asked for, and neither live nor refused for now. */
  get isAsked(): boolean {
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
      this.#become('asked')
      this.#askedIn = sequence
      this.#askedFrom = this.#cursor
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
    if (this.isLive) subscriber.live()
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
    clearTimeout(this.#rest)
    this.#owner.released(this)
    for (const subscriber of subscribers) subscriber.ended(problem)
  }

  /** The connection that carried it, or was asked to, is lost. */
  lost(): void {
    // It was live, and has no position to go on from.
    if (this.isLive) this.overtaken()
    if (this.#stage !== 'resting') this.#become('wanted')
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
  subscribed(cursor: Cursor | undefined, request: number | undefined, isJoined = false): void {
    if (this.#stage === 'wanted' || (this.#askedIn !== undefined && request !== this.#askedIn)) return
    if (this.#leavesOut(cursor)) {
      this.#become('wanted')
      this.#owner.needsSync()
      return
    }
    // Or before where it is: what came since is not forgotten.
    this.#cursor ??= cursor
    this.#become('carried')
    if (cursor) this.#tellLate(cursor)
    if (cursor && isJoined) this.#joined(cursor)
    for (const subscriber of this.#subscribers()) subscriber.live()
    if (this.#needsSnapshot) this.#owner.needsSync()
  }

  /**
   * Whether a start would leave something out. Where an answer was lost and the topic asked for twice, the second start may
   * come when the first has been gone on from.
   */
  #leavesOut(start: Cursor | undefined): boolean {
    const at = this.#cursor
    if (!at) return false
    // Without a start, a gap follows: but not where it was asked for from nowhere.
    return start ? start.epoch !== at.epoch || start.seq > at.seq : this.#askedFrom === undefined
  }

  /** The server will not carry it, or not now. */
  failed(problem: TidingsError): void {
    if (!mayHeal(problem)) {
      this.close(problem)
      return
    }
    this.overtaken()
    this.#become('resting')
    this.#needsSnapshot = this.#late !== undefined
    this.#later(problem, this.#subscribers(), () => this.#become('wanted'))
  }

  /** The server carries it, but will not send the snapshot that was asked for, or not now. */
  snapshotFailed(problem: TidingsError): void {
    // Where the topic itself is asked for anew, so is the snapshot.
    if (!this.#late || this.#stage !== 'carried') return
    if (mayHeal(problem)) {
      this.#later(problem, this.#late.subscribers, () => {
        this.#needsSnapshot = this.#late !== undefined
      })
      return
    }
    const refused = this.#takeLate()
    if (this.#live.size === 0) this.close()
    for (const subscriber of refused) subscriber.ended(problem)
  }

  received(name: string, data: string, cursor: Cursor): void {
    // What comes before it is carried anew comes again after that, and nothing is left out.
    if (this.#stage !== 'carried') return
    if (name === signals.snapshot) {
      this.#receivedSnapshot(data, cursor)
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
    this.#tell((subscriber, own) => {
      if (!own || !isAtOrAfter(own, cursor)) subscriber.event(event)
    })
  }

  missed(reason: GapReason, cursor: Cursor): void {
    if (this.#stage !== 'carried') return
    const gap: Gap = { reason, cursor: formatCursor(cursor) }
    // Those who came late have missed nothing yet: they begin with the snapshot that follows, like everyone.
    const late = this.#takeLate()
    this.#hasBegun = false
    this.#isLate = false
    // Until that is here there is no position to go on from.
    this.#cursor = this.#channel.snapshot ? undefined : cursor
    this.#tell((subscriber) => subscriber.gap(gap))
    for (const subscriber of late) this.#live.set(subscriber, undefined)
  }

  /** A snapshot is for everyone, at the beginning and after a gap; otherwise it is for those who came late. */
  #receivedSnapshot(data: string, cursor: Cursor): void {
    if (this.#hasBegun) {
      if (this.#late?.isServedBy(cursor)) this.#beginLate(this.#decode(signals.snapshot, data), cursor)
      else if (this.#late) {
        // It was on its way before. Should no other be, it is asked for once more.
        this.#needsSnapshot = true
        this.#owner.needsSync()
      }
      return
    }
    this.#hasBegun = true
    this.#cursor = cursor
    this.#tellLate(cursor)
    const decoded = this.#decode(signals.snapshot, data)
    this.#tell((subscriber) => {
      this.#live.set(subscriber, undefined)
      if (decoded) subscriber.snapshot(decoded.value)
    })
  }

  /** Tries something again that was refused for now, after a while. */
  #later(problem: TidingsError, subscribers: Iterable<Subscriber>, prepare: () => void): void {
    const unheard = [...subscribers].filter((subscriber) => !subscriber.delayed(problem))
    if (unheard.length > 0) this.#owner.report(problem, { channel: this.#channel.path, topic: this.#query })
    const delay = backoffMs(this.#owner.options.reconnect, this.#failures, problem.retryAfterMs)
    this.#failures += 1
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => {
      prepare()
      this.#owner.needsSync()
    }, delay)
  }

  /** Tells of what was missed before the topic was live; a gap of the server's own covers that too. */
  #tellLate(position: Cursor): void {
    if (!this.#isLate) return
    this.#isLate = false
    const gap: Gap = { reason: 'late', cursor: formatCursor(position) }
    this.#tell((subscriber) => subscriber.gap(gap))
  }

  #subscribers(): Subscriber[] {
    return [...this.#live.keys(), ...(this.#late?.subscribers ?? [])]
  }

  #become(stage: Stage): void {
    this.#stage = stage
    this.#owner.staged(this)
  }

  /** Everyone here has come later than others elsewhere. */
  #joined(since: Cursor): void {
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
      this.#owner.needsSync()
    }
    for (const subscriber of subscribers) this.#late.subscribers.add(subscriber)
  }

  #beginLate(decoded: Decoded | undefined, position: Cursor): void {
    const held = this.#late?.heldAfter(position) ?? []
    const subscribers = this.#takeLate()
    for (const subscriber of subscribers) this.#live.set(subscriber, position)
    for (const subscriber of subscribers) {
      if (decoded && this.#live.has(subscriber)) subscriber.snapshot(decoded.value)
      for (const event of held) if (this.#live.has(subscriber)) subscriber.event(event)
    }
  }

  /** Tells every subscriber that was there when it began, and has not left since. */
  #tell(about: (subscriber: Subscriber, own: Cursor | undefined) => void): void {
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
    const plan = name === signals.snapshot ? snapshot : events.get(name)
    if (!plan) return undefined
    const what = `${name} of ${path}`
    try {
      return { value: plan.decode(parseJson(data, what), what, 'invalid_response') }
    } catch (error) {
      if (!isTidingsError(error)) throw error
      this.#owner.report(error, { channel: path, topic: this.#query, event: name, data })
      return undefined
    }
  }
}

/** A payload that fits its schema; in an object, for it may be undefined itself. */
interface Decoded {
  readonly value: unknown
}
