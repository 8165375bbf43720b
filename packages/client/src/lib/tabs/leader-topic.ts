import type { TidingsError } from '@tidings/core'
import type { Cursor, ErrorSignal, ServerGapReason, Signals, SubscribedSignal } from '@tidings/core/wire'
import type { ReleaseReason, TopicOperation } from '../connection/control.js'
import type { TopicEvent, TopicState } from '../connection/topic-state.js'
import type { JoinedSignal, RefusedSignal, TableTopic } from '../topics/topic-table.js'
import { parts } from './parts.js'
import { sentProblem } from './tab-messages.js'

export interface LeaderTopicDeps {
  /** Sends a signal to a tab, or to all. */
  send<Name extends keyof Signals>(tab: string | undefined, name: Name, payload: Signals[Name]): void
  /** Called when the last tab left, the server refused the topic, or the run has ended. */
  onReleased(topic: LeaderTopic, reason: ReleaseReason): void
}

/** What a topic is: without a position, a tab reads a run from its beginning, and a channel from now on. */
export interface LeaderTopicKind {
  readonly isRun: boolean
  readonly hasSnapshot: boolean
}

/**
 * A topic or run that the leading tab carries for all tabs. Its position is the one that all of them have reached:
 * for a tab that is behind, the topic is requested again from the tab's own position. See decision 009.
 */
export class LeaderTopic implements TableTopic {
  readonly key: string
  readonly #deps: LeaderTopicDeps
  readonly #kind: LeaderTopicKind
  readonly #tabs = new Set<string>()
  /** The tabs that take nothing of the run for now. */
  readonly #paused = new Set<string>()
  /** The positions of the tabs that have not been sent `$subscribed` yet. */
  readonly #waiting = new Map<string, Cursor | undefined>()
  #state = parts.newTopic
  #isPaused = false

  constructor(deps: LeaderTopicDeps, key: string, kind: LeaderTopicKind) {
    this.#deps = deps
    this.key = key
    this.#kind = kind
  }

  get state(): TopicState {
    return this.#state
  }

  get needed(): TopicOperation['type'] | undefined {
    const isFull = this.#paused.size === this.#tabs.size && !this.#isPaused
    return parts.neededRequest(this.#state, isFull)
  }

  get isSettled(): boolean {
    return parts.isSettled(this.#state)
  }

  takeRequest(sequence?: number): TopicOperation | undefined {
    const { needed: type } = this
    this.#isPaused = type === 'pause'
    if (type === 'pause') return { type, cursor: undefined }
    let from = this.#state.position
    for (const position of this.#waiting.values()) if (!from || this.#isPast(from, position)) from = position
    this.#apply({ type: 'requested', request: { sequence, from } })
    return type && { type, cursor: from && parts.formatCursor(from) }
  }

  /** Adds a tab that subscribes from a position. */
  subscribe(tab: string, position: Cursor | undefined): void {
    this.#tabs.add(tab)
    this.#paused.delete(tab)
    const state = this.#state
    if (state.status === 'subscribed' && !this.#isPaused && !this.#isPast(state.position, position)) {
      this.#join(tab, state.epoch, state.position, position)
      return
    }
    this.#waiting.set(tab, position)
    // It is requested again, from the tab's position.
    if (state.status === 'subscribed') this.onLost()
  }

  unsubscribe(tab: string, reason: ReleaseReason): void {
    this.#tabs.delete(tab)
    this.#paused.delete(tab)
    this.#waiting.delete(tab)
    if (this.#tabs.size === 0) this.#deps.onReleased(this, this.#kind.isRun ? reason : 'left')
  }

  /** A tab takes nothing more of a run until it subscribes again. */
  pause(tab: string): void {
    if (this.#kind.isRun && this.#tabs.has(tab)) this.#paused.add(tab)
  }

  /** Requests a snapshot no older than a position. */
  refresh(since: Cursor | undefined): void {
    const { snapshot } = this.#state
    const isCovered = since && 'since' in snapshot && parts.isAtOrAfter(snapshot.since, since)
    if (since) this.#apply({ type: 'snapshotNeeded', since: isCovered ? snapshot.since : since })
  }

  onLost(): void {
    this.#isPaused = false
    this.#apply({ type: 'lost' })
  }

  onSubscribed({ request: sequence, ...signal }: SubscribedSignal, start: Cursor | undefined): void {
    const { epoch } = signal
    const before = this.#state
    const state = this.#apply({ type: 'subscribed', epoch, sequence, start, isReplay: true })
    if (state === before || state.status !== 'subscribed') return
    for (const [tab, position] of [...this.#waiting]) {
      if (this.#isPast(start, position)) continue
      this.#waiting.delete(tab)
      // A topic that was requested from a cursor and does not start there has a gap, which all tabs receive
      // next.
      if (!start && state.request.from) this.#deps.send(tab, '$subscribed', signal)
      else this.#join(tab, epoch, start, position)
    }
    // The tabs that are left are behind the start.
    if (this.#waiting.size > 0) this.onLost()
  }

  onEvent(_name: string, _data: string, cursor: Cursor): void {
    this.#apply({ type: 'event', cursor })
  }

  onSnapshot(_data: string, cursor: Cursor): void {
    this.#apply({ type: 'snapshot', cursor })
  }

  onGap(_reason: ServerGapReason, cursor: Cursor): void {
    this.#apply({ type: 'gap', cursor, hasSnapshot: this.#kind.hasSnapshot })
  }

  /** The run has ended for all tabs. A tab that took nothing for a while subscribes again. */
  onOutput(): void {
    if (this.#state.status === 'subscribed') this.#deps.onReleased(this, 'ended')
  }

  onFailed(signal: ErrorSignal): void {
    if (this.#state.status !== 'subscribed') return
    this.#deps.onReleased(this, 'ended')
    this.#deps.send(undefined, '$error', signal)
  }

  /**
   * Refuses the topic to all tabs, which subscribe again if the problem is temporary, or if they have readers of a run
   * beyond the position that is gone. The leader does not know the positions of the tabs that have received more.
   */
  onRefused(problem: TidingsError): void {
    const signal: RefusedSignal = { ...sentProblem(problem), topic: this.key, seq: parts.seqAt(this.#state) }
    this.#deps.onReleased(this, 'left')
    this.#deps.send(undefined, '$error', signal)
  }

  /** Refuses the snapshot to all tabs, which request it again if the problem is temporary. */
  onSnapshotRefused(problem: TidingsError): void {
    if (this.#state.status !== 'subscribed') return
    this.#apply({ type: 'snapshotSettled' })
    this.#deps.send(undefined, '$error', { ...sentProblem(problem), topic: this.key, snapshot: true })
  }

  #apply(event: TopicEvent): TopicState {
    this.#state = parts.transition(this.#state, event)
    return this.#state
  }

  /**
   * Has a tab join the subscribed topic: at the tab's position if the epoch is the same, or else at the
   * topic's.
   */
  #join(tab: string, epoch: string, at: Cursor | undefined, position: Cursor | undefined): void {
    const { key: topic } = this
    const resumes = position && at && position.epoch === at.epoch
    if (position && !resumes) {
      // The topic went through a gap, which other tabs have received. A tab takes a gap only of a
      // subscribed topic, and a start in another epoch only after the gap.
      this.#deps.send(tab, '$subscribed', { topic, epoch })
      this.#deps.send(tab, '$gap', {
        reason: 'history_lost',
        cursor: parts.formatCursor(at ?? position),
        topic,
      })
    }
    const start = resumes ? position : at
    const signal: JoinedSignal = {
      topic,
      epoch,
      ...(start && { cursor: parts.formatCursor(start) }),
      isJoined: !resumes,
    }
    this.#deps.send(tab, '$subscribed', signal)
  }

  /** Whether a position lies after a tab's in the same epoch, so that events in between would be left out. */
  #isPast(position: Cursor | undefined, other: Cursor | undefined): boolean {
    if (!position) return false
    if (!other) return this.#kind.isRun && position.seq > 0
    return parts.isAtOrAfter(position, other) && position.seq > other.seq
  }
}
