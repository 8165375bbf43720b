import { type Cursor, isAtOrAfter } from '@tidings/core/wire'
import type { Gap, Received, Subscriber } from './subscriber.js'

/** How many events are held for late subscribers until their snapshot arrives. */
const maxHeld = 4_096

/**
 * What a subscriber receives: `all` events; those after a position that only this subscriber has reached, such as
 * that of its own snapshot; or, while `late`, none.
 */
type Reception = 'all' | 'late' | Cursor

/** A decoded payload. It is wrapped, since it may be undefined itself. */
export interface Decoded {
  readonly value: unknown
}

/**
 * The subscribers of a topic, and what each of them receives.
 *
 * Late subscribers joined after the topic's snapshot and wait for one of their own. Events that arrive
 * meanwhile are held, and follow that snapshot. See decision 003.
 */
export class FanOut {
  readonly #receptions = new Map<Subscriber, Reception>()
  /** The entries of `#receptions`, until those change: a delivery calls handlers, which may change them. */
  #entries: readonly (readonly [Subscriber, Reception])[] | undefined
  #held: Received[] = []

  get isEmpty(): boolean {
    return this.#receptions.size === 0
  }

  get all(): Subscriber[] {
    return [...this.#receptions.keys()]
  }

  get late(): Subscriber[] {
    return this.all.filter((subscriber) => this.#receptions.get(subscriber) === 'late')
  }

  set(subscriber: Subscriber, reception: Reception): void {
    this.#entries = undefined
    this.#receptions.set(subscriber, reception)
  }

  remove(subscriber: Subscriber): void {
    this.#entries = undefined
    this.#receptions.delete(subscriber)
  }

  /** Removes all subscribers, and returns them. */
  takeAll(): Subscriber[] {
    const { all } = this
    this.#entries = undefined
    this.#receptions.clear()
    return all
  }

  /** Has all late subscribers receive all events from now on. */
  admitLate(): void {
    for (const subscriber of this.late) this.set(subscriber, 'all')
    this.#held = []
  }

  /** Holds an event for late subscribers. Returns whether there was room for it. */
  hold(event: Received): boolean {
    return this.#held.push(event) <= maxHeld
  }

  dropHeld(): void {
    this.#held = []
  }

  deliverEvent(event: Received): void {
    this.#deliver((subscriber, reception) => {
      if (reception === 'all' || !isAtOrAfter(reception, event.cursor)) subscriber.onEvent(event)
    })
  }

  deliverGap(gap: Gap): void {
    this.#deliver((subscriber) => subscriber.onGap(gap))
  }

  /** Delivers the snapshot that begins the topic for all, if it could be decoded. */
  deliverSnapshot(snapshot: Decoded | undefined, position: Cursor): void {
    this.#deliver((subscriber) => {
      this.set(subscriber, 'all')
      if (snapshot) subscriber.onSnapshot(snapshot.value, position)
    })
  }

  /** Delivers their snapshot to the late subscribers, then the held events that follow its position. */
  deliverLate(snapshot: Decoded | undefined, position: Cursor): void {
    const events = this.#held.splice(0).filter(({ cursor }) => cursor.seq > position.seq)
    const late = this.late
    const isStill = (subscriber: Subscriber) => this.#receptions.get(subscriber) === position
    for (const subscriber of late) this.set(subscriber, position)
    for (const subscriber of late) {
      if (snapshot && isStill(subscriber)) subscriber.onSnapshot(snapshot.value, position)
      for (const event of events) if (isStill(subscriber)) subscriber.onEvent(event)
    }
  }

  /** Delivers to the subscribers that are not late, unless an earlier delivery removes them. */
  #deliver(deliver: (subscriber: Subscriber, reception: 'all' | Cursor) => void): void {
    this.#entries ??= [...this.#receptions]
    const entries = this.#entries
    for (const [subscriber, reception] of entries) {
      if (reception === 'late') continue
      const isStill = this.#entries === entries || this.#receptions.get(subscriber) === reception
      if (isStill) deliver(subscriber, reception)
    }
  }
}
