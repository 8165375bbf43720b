import { maxTimerMs } from '@tidings/core/wire'
import type { Departure, TopicReader } from '../log/topic.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'

/** The least time for the first reader to attach, in milliseconds. */
const firstReaderMs = 5_000

/** How long a report holds, in milliseconds: several times the interval in which it is repeated. */
const reportMs = 6_000

/** What a node reports of its readers of a run. */
export interface ReadersReport {
  /** The id of the run. */
  readonly run: string
  /** The number of readers. */
  readonly count: number
  /** The position of the reader that has read most. */
  readonly position: number
  /** How a reader has left, if there are fewer than in the report before. */
  readonly left?: Departure
}

export interface RunReadersCallbacks {
  /** Called when readers have come, read or left. */
  onChanged(): void
  /** Called when the last reader has left, and none has to be waited for any longer. */
  onAbandoned(): void
}

/** The readers of a run: on this node, and on others as those report them. */
export class RunReaders {
  readonly #local: ReadonlySet<TopicReader>
  readonly #lingerMs: number
  readonly #callbacks: RunReadersCallbacks
  readonly #nodes = new Map<string, { count: number; position: number; reportedAt: number }>()
  /** The number of readers that may come or return: the first one, and those that were lost. */
  #awaited = 1
  /** Until when they may, in milliseconds of a monotonic clock. */
  #awaitedUntil: number
  #linger: Timer | undefined
  #isStopped = false

  /**
   * @param local the readers on this node
   * @param lingerMs how long to wait for a reader that was lost; with Infinity, no run is abandoned
   */
  constructor(local: ReadonlySet<TopicReader>, lingerMs: number, callbacks: RunReadersCallbacks) {
    this.#local = local
    this.#lingerMs = lingerMs
    this.#callbacks = callbacks
    this.#awaitedUntil = performance.now() + Math.max(lingerMs, firstReaderMs)
    this.#wait()
  }

  get count(): number {
    let count = this.#local.size
    for (const node of this.#nodes.values()) count += node.count
    return count
  }

  /** The position of the reader that has read most; 0 without readers. */
  get farthest(): number {
    let farthest = 0
    for (const { position } of this.#local) farthest = Math.max(farthest, position)
    for (const { position } of this.#nodes.values()) farthest = Math.max(farthest, position)
    return farthest
  }

  /** Called when readers have joined. */
  onJoined(count = 1): void {
    this.#awaited = Math.max(0, this.#awaited - count)
    clearTimeout(this.#linger)
    this.#callbacks.onChanged()
  }

  /** Called when readers have left. */
  onLeft(how: Departure, count = 1): void {
    if (this.#isStopped) return
    if (how === 'lost') {
      this.#awaited += count
      this.#awaitedUntil = performance.now() + this.#lingerMs
    }
    if (this.count === 0 && this.#awaited === 0 && this.#lingerMs !== Number.POSITIVE_INFINITY) {
      this.#callbacks.onAbandoned()
      return
    }
    if (this.count === 0) this.#wait()
    this.#callbacks.onChanged()
  }

  /** Called with what another node reports. */
  onReported(node: string, { count, position, left }: ReadersReport): void {
    const before = this.#nodes.get(node)?.count ?? 0
    if (count > 0) this.#nodes.set(node, { count, position, reportedAt: performance.now() })
    else this.#nodes.delete(node)
    if (count > before) this.onJoined(count - before)
    else if (count < before) this.onLeft(left ?? 'lost', before - count)
    else this.#callbacks.onChanged()
  }

  /** Counts the readers on nodes that are silent as lost. */
  forgetSilent(): void {
    const oldest = performance.now() - reportMs
    let lost = 0
    for (const [node, { count, reportedAt }] of this.#nodes) {
      if (reportedAt >= oldest) continue
      lost += count
      this.#nodes.delete(node)
    }
    if (lost > 0) this.onLeft('lost', lost)
  }

  /** Waits for readers no longer: the run is over. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#linger)
  }

  #wait(): void {
    clearTimeout(this.#linger)
    if (this.#lingerMs === Number.POSITIVE_INFINITY) return
    const leftMs = Math.max(0, this.#awaitedUntil - performance.now())
    const abandon = () => {
      if (this.count === 0) this.#callbacks.onAbandoned()
    }
    this.#linger = setBackgroundTimeout(abandon, Math.min(leftMs, maxTimerMs))
  }
}
