import type { ProgressLine } from '../progress-line.js'
import type { BenchCallbacks, BenchPlan } from './bench.js'

/** Milliseconds between two states of one phase: thousands of connections may open in a second. */
const betweenMs = 50

/** Shows on a terminal how far a bench is. */
export class BenchProgress implements BenchCallbacks {
  readonly #plan: Pick<BenchPlan, 'subscribers' | 'seconds'>
  readonly #line: ProgressLine
  #phase: string | undefined
  #shownAt = 0

  constructor(plan: Pick<BenchPlan, 'subscribers' | 'seconds'>, line: ProgressLine) {
    this.#plan = plan
    this.#line = line
  }

  onConnecting(settled: number): void {
    this.#show('connecting', settled, this.#plan.subscribers)
  }

  onMeasuring(seconds: number): void {
    this.#show('measuring', Math.round(seconds * 10) / 10, this.#plan.seconds)
  }

  close(): void {
    this.#line.clear()
  }

  #show(phase: string, value: number, total: number): void {
    const now = performance.now()
    if (phase === this.#phase && now - this.#shownAt < betweenMs) return
    this.#phase = phase
    this.#shownAt = now
    this.#line.show(`${phase}, ${value} of ${total}`, value / total)
  }
}
