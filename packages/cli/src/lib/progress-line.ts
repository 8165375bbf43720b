import type { TextSink } from './io.js'

const barWidth = 20

/** One line at the bottom of a terminal that tells what is going on. Prints nothing elsewhere. */
export class ProgressLine {
  readonly #sink: TextSink
  #isShown = false

  constructor(sink: TextSink) {
    this.#sink = sink
  }

  show(what: string, done: number): void {
    if (!this.#sink.isTTY) return
    const filled = Math.round(Math.min(done, 1) * barWidth)
    const bar = done > 0 ? `[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}] ` : ''
    const text = `${bar}${what} …`.slice(0, (this.#sink.columns ?? 80) - 1)
    this.#sink.write(`\r\u001b[2K${text}`)
    this.#isShown = true
  }

  /** Removes the line. */
  clear(): void {
    if (!this.#isShown) return
    this.#sink.write('\r\u001b[2K')
    this.#isShown = false
  }
}
