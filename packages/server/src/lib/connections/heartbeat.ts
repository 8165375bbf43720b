import { atMost } from '../time-limit.js'

/** Something that is looked after while it is open. */
export interface Beating {
  /** Called at each beat. */
  beat(): void
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
  readonly #beating = new Set<Beating>()
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

  add(beating: Beating): void {
    this.#beating.add(beating)
    this.#timer ??= setInterval(() => this.#beat(), this.beatMs).unref()
  }

  remove(beating: Beating): void {
    this.#beating.delete(beating)
    if (this.#beating.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#emptied?.()
  }

  /** Waits until nothing is open any more, and cuts off what still is when the time is up. */
  async empty(ms: number): Promise<void> {
    if (this.#beating.size === 0) return
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve
    })
    await atMost(ms, emptied)
    for (const beating of this.#beating) beating.abort()
  }

  #beat(): void {
    this.#count += 1
    this.#tell(this.#beating.values())
  }

  #tell(rest: Iterator<Beating>): void {
    for (let told = 0; told < sliceSize; told += 1) {
      const { done, value } = rest.next()
      if (done) return
      value.beat()
    }
    setImmediate(() => this.#tell(rest))
  }
}
