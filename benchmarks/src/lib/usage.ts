import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** The memory of a process in bytes, and the longest block of its event loop in milliseconds. */
export interface Usage {
  readonly rss: number
  /** The heap and external memory that remain after a collection. */
  readonly heap: number
  readonly peakRss: number
  readonly blockedMs: number
}

/** Monitors what this process uses. Needs `--expose-gc`. */
export class UsageMonitor {
  readonly #delay = monitorEventLoopDelay({ resolution: 5 })
  #peakRss = 0

  constructor() {
    const observe = () => {
      this.#peakRss = Math.max(this.#peakRss, process.memoryUsage.rss())
    }
    setInterval(observe, 50).unref()
  }

  /** Collects garbage, and resolves with the usage since {@link begin}. */
  async usage(): Promise<Usage> {
    const blockedMs = this.#delay.max / 1e6
    // Two passes, because the first may only make objects collectable.
    globalThis.gc?.()
    await sleep(100)
    globalThis.gc?.()
    const { rss, heapUsed, external } = process.memoryUsage()
    const peakRss = Math.max(this.#peakRss, rss)
    return { rss, heap: heapUsed + external, peakRss, blockedMs }
  }

  /** Resets the peaks, and resolves with the usage before what is measured. */
  async begin(): Promise<Usage> {
    const before = await this.usage()
    this.#peakRss = 0
    this.#delay.reset()
    this.#delay.enable()
    return before
  }
}
