import { waitAtMost } from '../deadline.js'

/** Something that is looked after while it is open. */
export interface HeartbeatListener {
  /** Called at each beat. */
  onBeat(): void
  abort(): void
}

/** How many are looked after before others get a turn of the event loop. */
const sliceSize = 500

/**
 * One timer for all that is open: it tells each of them to look whether it was silent, or stalled, or open for too long.
 * It runs only while something is.
 *
 * Time is counted in beats, which cost nothing to read.
 */
export class Heartbeat {
  readonly beatMs: number
  readonly #listeners = new Set<HeartbeatListener>()
  #timer: NodeJS.Timeout | undefined
  #count = 0
  #emptied: (() => void) | undefined

  /** @param shortestMs the shortest time that anything is to be held against */
  constructor(shortestMs: number) {
    this.beatMs = Math.max(Math.floor(shortestMs / 4), 1)
  }

  /** How many beats there have been. */
  get count(): number {
    return this.#count
  }

  /** Whether at the next beat so much time may have passed since some beat's count was read. */
  isNearly(ms: number, since: number): boolean {
    return (this.#count - since + 1) * this.beatMs >= ms
  }

  /** Whether so much time has passed since some beat's count was read. */
  isPast(ms: number, since: number): boolean {
    return (this.#count - since - 1) * this.beatMs >= ms
  }

  add(beating: HeartbeatListener): void {
    this.#listeners.add(beating)
    this.#timer ??= setInterval(() => this.#beat(), this.beatMs).unref()
  }

  remove(beating: HeartbeatListener): void {
    this.#listeners.delete(beating)
    if (this.#listeners.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#emptied?.()
  }

  /** Waits until nothing is open any more, and cuts off what still is when the time is up. */
  async empty(ms: number): Promise<void> {
    if (this.#listeners.size === 0) return
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve
    })
    await waitAtMost(ms, emptied)
    for (const beating of this.#listeners) beating.abort()
  }

  #beat(): void {
    this.#count += 1
    this.#notify(this.#listeners.values())
  }

  #notify(rest: Iterator<HeartbeatListener>): void {
    for (let told = 0; told < sliceSize; told += 1) {
      const { done, value } = rest.next()
      if (done) return
      value.onBeat()
    }
    setImmediate(() => this.#notify(rest))
  }
}
