import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How busy this process is, which receives for all subscribers. */
export class MachineLoad {
  readonly #delay = monitorEventLoopDelay({ resolution: 10 })
  readonly #startedAt = performance.now()
  readonly #before = process.cpuUsage()

  constructor() {
    this.#delay.enable()
  }

  /** Stops measuring, and returns what was measured. */
  stop() {
    this.#delay.disable()
    const { user, system } = process.cpuUsage(this.#before)
    return {
      /** The part of one core that this process has used: at 1, the figures are those of this machine. */
      cpu: (user + system) / 1000 / (performance.now() - this.#startedAt),
      /** Milliseconds that a turn of the event loop took, of a hundred all but the longest. */
      loopDelayMs: this.#delay.percentile(99) / 1e6,
    }
  }
}
