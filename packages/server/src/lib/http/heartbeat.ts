import { waitAtMost } from '../deadline.js'
import { afterTurn } from '../runtime/after-turn.js'
import { setBackgroundInterval, type Timer } from '../runtime/timers.js'

/** An open stream. */
export interface HeartbeatListener {
  /** Called at each beat. */
  onBeat(): void
  abort(): void
}

/** How many streams are notified in one turn of the event loop. */
const sliceSize = 500

/**
 * One timer for all open streams: at each beat, every stream checks whether it has been silent, stalled or
 * open for too long. The timer runs only while a stream is open.
 *
 * Time is measured in beats, since reading a clock at each write would cost more.
 */
export class Heartbeat {
  readonly beatMs: number
  readonly #listeners = new Set<HeartbeatListener>()
  #timer: Timer | undefined
  #count = 0
  #emptied: (() => void) | undefined

  /** @param shortestMs the shortest time that a stream is checked for */
  constructor(shortestMs: number) {
    this.beatMs = Math.max(Math.floor(shortestMs / 4), 1)
  }

  /** The number of the current beat. */
  get count(): number {
    return this.#count
  }

  /** Whether, at the next beat, so many milliseconds may have passed since a beat. */
  isNearly(ms: number, since: number): boolean {
    return (this.#count - since + 1) * this.beatMs >= ms
  }

  /** Whether so many milliseconds have passed since a beat. */
  isPast(ms: number, since: number): boolean {
    return (this.#count - since - 1) * this.beatMs >= ms
  }

  add(listener: HeartbeatListener): void {
    this.#listeners.add(listener)
    this.#timer ??= setBackgroundInterval(() => this.#beat(), this.beatMs)
  }

  remove(listener: HeartbeatListener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#emptied?.()
  }

  /** Waits until every stream is closed, and closes those that are still open after so many milliseconds. */
  async empty(ms: number): Promise<void> {
    if (this.#listeners.size === 0) return
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve
    })
    await waitAtMost(ms, emptied)
    for (const listener of this.#listeners) listener.abort()
  }

  #beat(): void {
    this.#count += 1
    this.#notify(this.#listeners.values())
  }

  #notify(rest: Iterator<HeartbeatListener>): void {
    for (let count = 0; count < sliceSize; count += 1) {
      const { done, value } = rest.next()
      if (done) return
      value.onBeat()
    }
    afterTurn(() => this.#notify(rest))
  }
}
