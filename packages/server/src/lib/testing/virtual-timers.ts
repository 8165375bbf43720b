/** A timer that {@link VirtualTimers} set, with the methods of Node's. */
export interface VirtualTimer {
  /** When the timer is due, on the clock of `performance.now()`. */
  dueAt: number
  ref(): VirtualTimer
  unref(): VirtualTimer
  hasRef(): boolean
  refresh(): VirtualTimer
  close(): VirtualTimer
  [Symbol.toPrimitive](): number
}

/** The functions of the runtime that virtual timers build on. */
export interface NativeTimers {
  setTimeout(task: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** Milliseconds on a clock that never goes back. */
  now(): number
}

/** The longest delay of a timer, in milliseconds. Node and browsers take a longer one as 1. */
const longestMs = 2 ** 31 - 1

/** Far from the numbers of the runtime's own timers, which may be cleared here as well. */
const firstId = 2 ** 40

/** Timers that run in real time, on a clock that can be moved ahead. */
export class VirtualTimers {
  readonly #native: NativeTimers
  readonly #timers = new Map<number, Entry>()
  #nextId = firstId
  /** Milliseconds by which this clock is ahead of the runtime's. */
  offset = 0

  constructor(native: NativeTimers) {
    this.#native = native
  }

  /** The time of this clock, which `dueAt` refers to. */
  now(): number {
    return this.#native.now() + this.offset
  }

  set(task: () => void, delay: unknown, isInterval: boolean): VirtualTimer {
    const given = Number(delay)
    const ms = given >= 1 && given <= longestMs ? given : 1
    const entry = new Entry(this, this.#nextId++, task, ms, isInterval)
    this.schedule(entry)
    return entry
  }

  /** Clears a timer, given as its object or number. Returns false for one that is not virtual. */
  clear(timer: unknown): boolean {
    const id = timer instanceof Entry ? timer.id : Number(timer)
    const entry = this.#timers.get(id)
    if (entry) {
      this.#native.clearTimeout(entry.handle)
      this.#timers.delete(id)
    }
    return entry !== undefined || timer instanceof Entry || id >= firstId
  }

  /** Returns the timer that is due first, no later than a time. */
  firstBy(time: number): VirtualTimer | undefined {
    let first: Entry | undefined
    for (const timer of this.#timers.values()) {
      if (timer.dueAt <= time && (!first || timer.dueAt < first.dueAt)) first = timer
    }
    return first
  }

  /** Moves the clock to a time, unless that has passed. */
  moveTo(time: number): void {
    this.offset += Math.max(0, time - this.now())
  }

  /** Moves the clock back to the runtime's. Each timer stays due after the same time. */
  moveBack(): void {
    for (const entry of this.#timers.values()) entry.dueAt -= this.offset
    this.offset = 0
  }

  /** Has the runtime call each timer when it is due on the moved clock. */
  reschedule(): void {
    for (const entry of this.#timers.values()) this.schedule(entry)
  }

  schedule(entry: Entry): void {
    this.#native.clearTimeout(entry.handle)
    this.#timers.set(entry.id, entry)
    const handle = this.#native.setTimeout(() => this.run(entry), Math.max(0, entry.dueAt - this.now()))
    entry.handle = handle
    if (!entry.hasRef()) (handle as { unref?(): void }).unref?.()
  }

  /** Runs a timer's task, and sets the timer again if it is an interval. */
  run(timer: VirtualTimer): void {
    const entry = timer as Entry
    if (this.#timers.get(entry.id) !== entry) return
    if (entry.isInterval) {
      entry.dueAt = Math.max(entry.dueAt, this.now() - entry.ms) + entry.ms
      this.schedule(entry)
    } else {
      this.clear(entry)
    }
    entry.task()
  }
}

class Entry implements VirtualTimer {
  readonly id: number
  readonly task: () => void
  readonly ms: number
  readonly isInterval: boolean
  dueAt: number
  /** The runtime's timer. */
  handle: unknown
  readonly #timers: VirtualTimers
  #keepsRunning = true

  constructor(timers: VirtualTimers, id: number, task: () => void, ms: number, isInterval: boolean) {
    this.#timers = timers
    this.id = id
    this.task = task
    this.ms = ms
    this.isInterval = isInterval
    this.dueAt = timers.now() + ms
  }

  ref(): this {
    this.#keepsRunning = true
    ;(this.handle as { ref?(): void }).ref?.()
    return this
  }

  unref(): this {
    this.#keepsRunning = false
    ;(this.handle as { unref?(): void }).unref?.()
    return this
  }

  hasRef(): boolean {
    return this.#keepsRunning
  }

  refresh(): this {
    this.dueAt = this.#timers.now() + this.ms
    this.#timers.schedule(this)
    return this
  }

  close(): this {
    this.#timers.clear(this)
    return this
  }

  [Symbol.toPrimitive](): number {
    return this.id
  }
}
