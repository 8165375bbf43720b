import { Presets, SingleBar } from 'cli-progress'
import type { TextSink } from '../io.js'
import type { BenchCallbacks, BenchPlan } from './bench.js'

/** Shows on a terminal how far a bench is. */
export class BenchProgress implements BenchCallbacks {
  readonly #plan: BenchPlan
  readonly #stream: TextSink
  #bar: SingleBar | undefined
  #phase: string | undefined

  constructor(plan: BenchPlan, stream: TextSink) {
    this.#plan = plan
    this.#stream = stream
  }

  onConnecting(settled: number): void {
    this.#show('connecting', settled, this.#plan.subscribers)
  }

  onMeasuring(seconds: number): void {
    this.#show('measuring', Math.round(seconds * 10) / 10, this.#plan.seconds)
  }

  close(): void {
    this.#bar?.stop()
    this.#bar = undefined
    this.#phase = undefined
  }

  #show(phase: string, value: number, total: number): void {
    if (this.#stream.isTTY !== true) return
    if (this.#phase !== phase) {
      this.close()
      this.#phase = phase
      const format = `${phase} {bar} {value} of {total}`
      this.#bar = new SingleBar(
        { stream: this.#stream, format, clearOnComplete: true, hideCursor: true, gracefulExit: false },
        Presets.shades_classic,
      )
      this.#bar.start(total, value)
    } else this.#bar?.update(value)
  }
}
