import { microseconds } from './feed-event.js'

/** Parses events, to check their order and measure their latency. */
export class Inspection {
  /** From emit to receipt, in microseconds. */
  readonly latencies: number[] = []
  /** When the newest event was emitted. */
  emittedAt = 0
  lost = 0
  duplicated = 0
  outOfOrder = 0
  #lastSeq: number | undefined
  #rest = ''

  read(bytes: Buffer): void {
    const now = microseconds()
    const text = this.#rest + bytes.toString('latin1')
    let end = 0
    for (const match of text.matchAll(/"emittedAt":(\d+),"seq":(\d+)\D/g)) {
      end = match.index + match[0].length
      this.emittedAt = Number(match[1])
      this.latencies.push(now - this.emittedAt)
      this.#checkOrder(Number(match[2]))
    }
    this.#rest = text.slice(end)
  }

  #checkOrder(seq: number): void {
    const expected = this.#lastSeq === undefined ? seq : this.#lastSeq + 1
    if (seq >= expected) {
      this.lost += seq - expected
      this.#lastSeq = seq
    } else if (seq === this.#lastSeq) this.duplicated += 1
    else this.outOfOrder += 1
  }
}
