import type { TidingsError } from '@tidings/core'
import { type Cursor, formatCursor, isAtOrAfter } from '@tidings/core/wire'
import type { TransportTopic } from '../connection/control.js'

/** A topic that is carried for tabs. */
export class LeaderTopic implements TransportTopic {
  readonly tabs = new Set<string>()
  /** Tabs that want it and have not been told yet that it is carried, with where they were. */
  readonly waiting = new Map<string, Cursor | undefined>()
  readonly #onFailed: (problem: TidingsError, about: { snapshot?: true }) => void
  readonly #hasSnapshot: boolean
  /** The epoch that begins its ids, when it is carried. */
  epoch: string | undefined
  /** The position after the last event that came; absent before a snapshot that is on its way. */
  position: Cursor | undefined
  /** Where it was asked to be carried from: where everyone is, or the last of them. */
  requestedFrom: Cursor | undefined
  #isRequested = false
  #requestSequence: number | undefined
  /** Where the foremost of the tabs is that wait for a snapshot. */
  #snapshotSince: Cursor | undefined
  #isSnapshotRequested = false

  constructor(hasSnapshot: boolean, failed: (problem: TidingsError, about: { snapshot?: true }) => void) {
    this.#hasSnapshot = hasSnapshot
    this.#onFailed = failed
  }

  onFailed(problem: TidingsError): void {
    this.#onFailed(problem, {})
  }

  onSnapshotFailed(problem: TidingsError): void {
    // Where it is asked for anew, so is the snapshot.
    if (this.epoch) this.#onFailed(problem, { snapshot: true })
  }

  get cursor(): string | undefined {
    return this.requestedFrom && formatCursor(this.requestedFrom)
  }

  get isSettled(): boolean {
    return this.epoch !== undefined
  }

  get needsRequest(): boolean {
    return !this.#isRequested || Boolean(this.epoch && this.#snapshotSince && !this.#isSnapshotRequested)
  }

  /** Whether something has come of the request that has asked for it last. */
  isRequestedBy(request: number | undefined): boolean {
    return this.#isRequested && request === this.#requestSequence
  }

  takeRequest(sequence?: number): 'subscribe' | 'snapshot' | undefined {
    if (!this.#isRequested) {
      this.#isRequested = true
      this.#requestSequence = sequence
      this.requestedFrom = this.position
      for (const was of this.waiting.values()) {
        if (!this.requestedFrom || this.isPast(was, this.requestedFrom)) this.requestedFrom = was
      }
      return 'subscribe'
    }
    if (!this.needsRequest) return undefined
    this.#isSnapshotRequested = true
    return 'snapshot'
  }

  onLost(): void {
    this.#isRequested = false
    this.epoch = undefined
    this.#isSnapshotRequested = false
  }

  /** Whether a start lies after where a tab is, so that the tab would miss what is in between. */
  isPast(tab: Cursor | undefined, start: Cursor | undefined): boolean {
    return tab !== undefined && start?.epoch === tab.epoch && start.seq > tab.seq
  }

  /** Asks for a snapshot that is as new as a tab is. */
  refresh(since: Cursor | undefined): void {
    // Where there is no position, one is on its way.
    if (!since || !this.position) return
    if (!this.#snapshotSince || !isAtOrAfter(this.#snapshotSince, since)) this.#snapshotSince = since
    this.#isSnapshotRequested = false
  }

  /** Nobody waits for a snapshot any more. */
  onRefreshed(): void {
    this.#snapshotSince = undefined
    this.#isSnapshotRequested = false
  }

  /**
   * It is carried, from a position or from what follows. Says whether it can be: where it was asked for twice, because an
   * answer was lost, the second start may come when the first has been gone on from, and would leave something out.
   */
  onSubscribed(name: string, start: Cursor | undefined): boolean {
    if (this.isPast(this.position, start) || (this.position && !start && !this.requestedFrom)) {
      this.onLost()
      return false
    }
    this.epoch = name
    // Also if it was further before: a tab that is behind has not seen it all before it has come again.
    if (start) this.position = start
    return true
  }

  onFrame(event: string, cursor: Cursor): void {
    if (event === '$snapshot') {
      // One that is too old may have been on its way before: it is asked for once more.
      if (this.#snapshotSince && isAtOrAfter(cursor, this.#snapshotSince)) this.onRefreshed()
      else this.#isSnapshotRequested = false
      this.position ??= cursor
    } else if (!(this.position && isAtOrAfter(this.position, cursor))) {
      this.position = cursor
    }
  }

  onGap(cursor: Cursor | undefined): void {
    this.position = this.#hasSnapshot ? undefined : cursor
    this.onRefreshed()
  }
}
