import { isTidingsError, type TidingsError } from '@tidings/core'
import {
  backoffMs,
  type CompiledChannel,
  type Cursor,
  formatCursor,
  isAtOrAfter,
  parseJson,
  type ServerGapReason,
} from '@tidings/core/wire'
import type { TopicOperation } from '../connection/control.js'
import { isRetryable } from '../connection/failures.js'
import {
  isSettled,
  neededRequest,
  newTopic,
  type TopicEvent,
  type TopicState,
  transition,
} from '../connection/topic-state.js'
import type { ErrorContext } from '../options/client-options.js'
import type { ResolvedOptions } from '../options/resolved-options.js'
import { type Decoded, FanOut } from './fan-out.js'
import type { Received, Subscriber } from './subscriber.js'
import type { JoinedSignal, TableTopic } from './topic-table.js'

export interface TopicSubscriptionDeps {
  readonly options: ResolvedOptions
  /** Called when the topic needs a request. */
  needsSync(): void
  /** Called when the status of the topic's state has changed. */
  onStatusChanged(topic: TopicSubscription): void
  /** Called when the last subscriber left, or the topic was refused. */
  onReleased(topic: TopicSubscription): void
  report(error: TidingsError, at: ErrorContext): void
}

/** A client's subscription to a topic: decodes each payload once, and delivers it to all subscribers. */
export class TopicSubscription implements TableTopic {
  readonly key: string
  readonly #deps: TopicSubscriptionDeps
  readonly #channel: CompiledChannel
  readonly #context: ErrorContext
  readonly #fanOut = new FanOut()
  #state = newTopic
  /** Temporary refusals since the last event. */
  #failures = 0
  #retryTimer: ReturnType<typeof setTimeout> | undefined

  constructor(deps: TopicSubscriptionDeps, channel: CompiledChannel, key: string, query: string) {
    this.#deps = deps
    this.#channel = channel
    this.key = key
    this.#context = { channel: channel.path, topic: query }
  }

  get state(): TopicState {
    return this.#state
  }

  get needed(): TopicOperation['type'] | undefined {
    return neededRequest(this.#state)
  }

  get isSettled(): boolean {
    return isSettled(this.#state)
  }

  get hasPosition(): boolean {
    return this.#state.position !== undefined
  }

  get #hasLate(): boolean {
    return 'since' in this.#state.snapshot
  }

  /** The subscribers that begin with the topic's state. */
  get #wanting(): Subscriber[] {
    return this.#fanOut.all.filter(({ wantsSnapshot }) => wantsSnapshot && this.#channel.snapshot)
  }

  takeRequest(sequence?: number): TopicOperation | undefined {
    const { needed: type } = this
    const from = this.#state.position
    this.#apply({ type: 'requested', request: { sequence, from } })
    return type && { type, cursor: from && formatCursor(from) }
  }

  add(subscriber: Subscriber): void {
    const { from } = subscriber
    // The other subscribers then receive a snapshot of their own.
    if (from && this.#apply({ type: 'resumed', cursor: from })) this.#addLate(this.#wanting, from)
    const { position, snapshot, status } = this.#state
    if (from && position && isAtOrAfter(from, position)) {
      this.#fanOut.set(subscriber, from.seq > position.seq ? from : 'all')
    } else {
      // The topic is past the subscriber's position, or in another epoch.
      if (from) subscriber.onGap({ reason: 'late', cursor: formatCursor(position ?? from) })
      const isLate = subscriber.wantsSnapshot && this.#channel.snapshot && snapshot.status !== 'initial'
      if (isLate && position) this.#addLate([subscriber], position)
      else this.#fanOut.set(subscriber, 'all')
    }
    if (status === 'subscribed') subscriber.onLive(position)
  }

  remove(subscriber: Subscriber): void {
    this.#fanOut.remove(subscriber)
    if (this.#hasLate && this.#fanOut.late.length === 0) this.#apply({ type: 'snapshotSettled' })
    if (this.#fanOut.isEmpty) this.close()
  }

  /** Gives a fresh snapshot to a subscriber that lost its position. */
  rejoin(subscriber: Subscriber): void {
    this.#fanOut.remove(subscriber)
    this.add(subscriber)
  }

  /** Ends the topic for all subscribers. */
  close(problem?: TidingsError): void {
    const subscribers = this.#fanOut.takeAll()
    clearTimeout(this.#retryTimer)
    this.#deps.onReleased(this)
    for (const subscriber of subscribers) subscriber.onEnded(problem)
  }

  onLost(): void {
    this.#apply({ type: 'lost' })
  }

  onOvertaken(): void {
    this.#apply({ type: 'overtaken' })
  }

  onSubscribed({ epoch, request: sequence, isJoined }: JoinedSignal, start: Cursor | undefined): void {
    const before = this.#apply({ type: 'subscribed', epoch, sequence, start, isJoined })
    if (!before) return
    const state = this.#state
    if (state.status === 'subscribed') {
      if (start) this.#announceLate(before, start)
      // Other tabs have received the snapshot that would begin the topic here.
      if (start && state.snapshot.status !== before.snapshot.status) {
        this.#addLate(this.#wanting, start)
      }
      for (const subscriber of this.#fanOut.all) subscriber.onLive(start && state.position)
    }
    this.#deps.needsSync()
  }

  onEvent(name: string, data: string, cursor: Cursor): void {
    if (!this.#apply({ type: 'event', cursor })) return
    this.#failures = 0
    const decoded = this.#decode(name, data)
    if (!decoded) return
    const event: Received = { name, value: decoded.value, cursor }
    if (this.#hasLate && !this.#fanOut.hold(event)) this.#needSnapshot(cursor)
    this.#fanOut.deliverEvent(event)
  }

  onSnapshot(data: string, cursor: Cursor): void {
    const before = this.#apply({ type: 'snapshot', cursor })
    if (!before) return
    if (this.#hasLate) {
      this.#deps.needsSync()
      return
    }
    const isInitial = before.snapshot.status === 'initial'
    if (isInitial) this.#announceLate(before, cursor)
    const decoded = this.#decode('$snapshot', data)
    if (isInitial) this.#fanOut.deliverSnapshot(decoded, cursor)
    else this.#fanOut.deliverLate(decoded, cursor)
  }

  onGap(reason: ServerGapReason, cursor: Cursor): void {
    const hasSnapshot = this.#channel.snapshot !== undefined
    if (!this.#apply({ type: 'gap', cursor, hasSnapshot })) return
    // Late subscribers have missed nothing yet: they begin with the snapshot that follows, as all others do.
    this.#fanOut.deliverGap({ reason, cursor: formatCursor(cursor) })
    this.#fanOut.admitLate()
  }

  onRefused(problem: TidingsError): void {
    if (!isRetryable(problem)) {
      this.close(problem)
      return
    }
    this.#apply({ type: 'delayed' })
    this.#retryLater(problem, this.#fanOut.all)
  }

  onSnapshotRefused(problem: TidingsError): void {
    if (this.#state.status !== 'subscribed' || !this.#hasLate) return
    const { late } = this.#fanOut
    if (isRetryable(problem)) {
      this.#retryLater(problem, late)
      return
    }
    for (const subscriber of late) this.remove(subscriber)
    for (const subscriber of late) subscriber.onEnded(problem)
  }

  /** Returns the state before the event, or undefined if the event does not apply. */
  #apply(event: TopicEvent): TopicState | undefined {
    const before = this.#state
    this.#state = transition(before, event)
    if (this.#state.status !== before.status) this.#deps.onStatusChanged(this)
    return this.#state === before ? undefined : before
  }

  #addLate(subscribers: readonly Subscriber[], since: Cursor): void {
    for (const subscriber of subscribers) this.#fanOut.set(subscriber, 'late')
    if (!this.#hasLate && subscribers.length > 0) this.#needSnapshot(since)
  }

  #needSnapshot(since: Cursor): void {
    this.#fanOut.dropHeld()
    this.#apply({ type: 'snapshotNeeded', since })
    this.#deps.needsSync()
  }

  /** Announces events that may have been missed before the topic had a position. */
  #announceLate({ isLate }: TopicState, position: Cursor): void {
    if (isLate) this.#fanOut.deliverGap({ reason: 'late', cursor: formatCursor(position) })
  }

  #retryLater(problem: TidingsError, subscribers: readonly Subscriber[]): void {
    const unhandled = subscribers.filter((subscriber) => !subscriber.onDelayed(problem))
    if (unhandled.length > 0) this.#deps.report(problem, this.#context)
    clearTimeout(this.#retryTimer)
    const delay = backoffMs(this.#deps.options.reconnect, this.#failures++, problem.retryAfterMs)
    this.#retryTimer = setTimeout(() => {
      this.#apply({ type: 'retry' })
      this.#deps.needsSync()
    }, delay)
  }

  #decode(name: string, data: string): Decoded | undefined {
    const { path, snapshot, events } = this.#channel
    const codec = name === '$snapshot' ? snapshot : events.get(name)
    if (!codec) return this.#deps.options.drift?.onIgnored(path, name)
    const what = `${name} of ${path}`
    try {
      return { value: codec.decode(parseJson(data, what), what, 'invalid_response') }
    } catch (error) {
      if (!isTidingsError(error)) throw error
      this.#deps.report(error, { ...this.#context, event: name, data })
      return undefined
    }
  }
}
