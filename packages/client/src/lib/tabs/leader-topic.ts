import type { TidingsError } from '@tidings/core'
import {
  type Cursor,
  formatCursor,
  isAtOrAfter,
  type ServerGapReason,
  type Signals,
  type SubscribedSignal,
} from '@tidings/core/wire'
import type { TopicOperation } from '../connection/control.js'
import {
  neededRequest,
  newTopic,
  type TopicEvent,
  type TopicState,
  transition,
} from '../connection/topic-state.js'
import type { JoinedSignal, TableTopic } from '../topics/topic-table.js'
import { sentProblem } from './tab-messages.js'

export interface LeaderTopicDeps {
  /** Sends a signal to a tab, or to all. */
  send<Name extends keyof Signals>(tab: string | undefined, name: Name, payload: Signals[Name]): void
  /** Called when the last tab left, or the server refused the topic. */
  onReleased(topic: LeaderTopic): void
}

/**
 * A topic that the leading tab carries for all tabs. Its position is the one that all of them have reached:
 * for a tab that is behind, the topic is requested again from the tab's own position. See decision 009.
 */
export class LeaderTopic implements TableTopic {
  readonly key: string
  readonly #deps: LeaderTopicDeps
  readonly #hasSnapshot: boolean
  readonly #tabs = new Set<string>()
  /** The positions of the tabs that have not been sent `$subscribed` yet. */
  readonly #waiting = new Map<string, Cursor | undefined>()
  #state = newTopic

  constructor(deps: LeaderTopicDeps, key: string, hasSnapshot: boolean) {
    this.#deps = deps
    this.key = key
    this.#hasSnapshot = hasSnapshot
  }

  get state(): TopicState {
    return this.#state
  }

  takeRequest(sequence?: number): TopicOperation | undefined {
    const type = neededRequest(this.#state)
    let from = this.#state.position
    for (const position of this.#waiting.values()) if (!from || isPast(from, position)) from = position
    this.#apply({ type: 'requested', request: { sequence, from } })
    return type && { type, cursor: from && formatCursor(from) }
  }

  /** Adds a tab that subscribes from a position. */
  subscribe(tab: string, position: Cursor | undefined): void {
    this.#tabs.add(tab)
    if (this.#state.status === 'subscribed' && !isPast(this.#state.position, position)) {
      this.#join(tab, this.#state.epoch, this.#state.position, position)
      return
    }
    this.#waiting.set(tab, position)
    // It is requested again, from the tab's position.
    if (this.#state.status === 'subscribed') this.onLost()
  }

  unsubscribe(tab: string): void {
    this.#tabs.delete(tab)
    this.#waiting.delete(tab)
    if (this.#tabs.size === 0) this.#deps.onReleased(this)
  }

  /** Requests a snapshot no older than a position. */
  refresh(since: Cursor | undefined): void {
    const { snapshot } = this.#state
    const isCovered = since && 'since' in snapshot && isAtOrAfter(snapshot.since, since)
    if (since) this.#apply({ type: 'snapshotNeeded', since: isCovered ? snapshot.since : since })
  }

  onLost(): void {
    this.#apply({ type: 'lost' })
  }

  onSubscribed({ request: sequence, ...signal }: SubscribedSignal, start: Cursor | undefined): void {
    const { epoch } = signal
    const before = this.#state
    const state = this.#apply({ type: 'subscribed', epoch, sequence, start, isReplay: true })
    if (state === before || state.status !== 'subscribed') return
    for (const [tab, position] of [...this.#waiting]) {
      if (isPast(start, position)) continue
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
    this.#apply({ type: 'gap', cursor, hasSnapshot: this.#hasSnapshot })
  }

  /** Refuses the topic to all tabs, which subscribe again if the problem is temporary. */
  onRefused(problem: TidingsError): void {
    this.#deps.onReleased(this)
    this.#deps.send(undefined, '$error', { ...sentProblem(problem), topic: this.key })
  }

  /** Refuses the snapshot to all tabs, which request it again if the problem is temporary. */
  onSnapshotRefused(problem: TidingsError): void {
    if (this.#state.status !== 'subscribed') return
    this.#apply({ type: 'snapshotSettled' })
    this.#deps.send(undefined, '$error', { ...sentProblem(problem), topic: this.key, snapshot: true })
  }

  #apply(event: TopicEvent): TopicState {
    this.#state = transition(this.#state, event)
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
      this.#deps.send(tab, '$gap', { reason: 'history_lost', cursor: formatCursor(at ?? position), topic })
    }
    const start = resumes ? position : at
    const signal: JoinedSignal = {
      topic,
      epoch,
      ...(start && { cursor: formatCursor(start) }),
      isJoined: !resumes,
    }
    this.#deps.send(tab, '$subscribed', signal)
  }
}

/** Whether a position lies after another in the same epoch, so that events in between would be left out. */
function isPast(position: Cursor | undefined, other: Cursor | undefined): boolean {
  return (
    position !== undefined && other !== undefined && isAtOrAfter(position, other) && position.seq > other.seq
  )
}
