import type { TidingsError } from '@tidings/core'
import { type Cursor, formatCursor, isAtOrAfter, signal as signals } from '@tidings/core/wire'
import type { CarriedTopic } from './control.js'

/** A topic that is carried for tabs. */
export class RelayedTopic implements CarriedTopic {
  readonly tabs = new Set<string>()
  /** Tabs that want it and have not been told yet that it is carried, with where they were. */
  readonly waiting = new Map<string, Cursor | undefined>()
  readonly #failed: (problem: TidingsError, about: { snapshot?: true }) => void
  readonly #hasSnapshot: boolean
  /** The epoch that begins its ids, when it is carried. */
  name: string | undefined
  /** The position after the last event that came; absent before a snapshot that is on its way. */
  position: Cursor | undefined
  /** Where it was asked to be carried from: where everyone is, or the last of them. */
  askedFrom: Cursor | undefined
  #isAsked = false
  #askedIn: number | undefined
  /** Where the foremost of the tabs is that wait for a snapshot. */
  #snapshotSince: Cursor | undefined
  #isSnapshotAsked = false

  constructor(hasSnapshot: boolean, failed: (problem: TidingsError, about: { snapshot?: true }) => void) {
    this.#hasSnapshot = hasSnapshot
    this.#failed = failed
  }

  failed(problem: TidingsError): void {
    this.#failed(problem, {})
  }

  snapshotFailed(problem: TidingsError): void {
    // Where it is asked for anew, so is the snapshot.
    if (this.name) this.#failed(problem, { snapshot: true })
  }

  get cursor(): string | undefined {
    return this.askedFrom && formatCursor(this.askedFrom)
  }

  get isSettled(): boolean {
    return this.name !== undefined
  }

  get needsRequest(): boolean {
    return !this.#isAsked || Boolean(this.name && this.#snapshotSince && !this.#isSnapshotAsked)
  }

  /** Whether something has come of the request that has asked for it last. */
  isAskedIn(request: number | undefined): boolean {
    return this.#isAsked && request === this.#askedIn
  }

  takeRequest(sequence?: number): 'subscribe' | 'snapshot' | undefined {
    if (!this.#isAsked) {
      this.#isAsked = true
      this.#askedIn = sequence
      this.askedFrom = this.position
      for (const was of this.waiting.values()) {
        if (!this.askedFrom || this.isPast(was, this.askedFrom)) this.askedFrom = was
      }
      return 'subscribe'
    }
    if (!this.needsRequest) return undefined
    this.#isSnapshotAsked = true
    return 'snapshot'
  }

  lost(): void {
    this.#isAsked = false
    this.name = undefined
    this.#isSnapshotAsked = false
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
    this.#isSnapshotAsked = false
  }

  /** Nobody waits for a snapshot any more. */
  refreshed(): void {
    this.#snapshotSince = undefined
    this.#isSnapshotAsked = false
  }

  /**
   * It is carried, from a position or from what follows. Says whether it can be: where it was asked for twice, because an
   * answer was lost, the second start may come when the first has been gone on from, and would leave something out.
   */
  subscribed(name: string, start: Cursor | undefined): boolean {
    if (this.isPast(this.position, start) || (this.position && !start && !this.askedFrom)) {
      this.lost()
      return false
    }
    this.name = name
    // Also if it was further before: a tab that is behind has not seen it all before it has come again.
    if (start) this.position = start
    return true
  }

  received(event: string, cursor: Cursor): void {
    if (event === signals.snapshot) {
      // One that is too old may have been on its way before: it is asked for once more.
      if (this.#snapshotSince && isAtOrAfter(cursor, this.#snapshotSince)) this.refreshed()
      else this.#isSnapshotAsked = false
      this.position ??= cursor
    } else if (!(this.position && isAtOrAfter(this.position, cursor))) {
      this.position = cursor
    }
  }

  missed(cursor: Cursor | undefined): void {
    this.position = this.#hasSnapshot ? undefined : cursor
    this.refreshed()
  }
}
