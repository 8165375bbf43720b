import { type Cursor, type ServerGapReason, withId } from '@tidings/core/wire'

/** How much a log keeps. Both bounds hold. */
export interface HistoryBounds {
  readonly size: number
  readonly ms: number
}

interface Entry {
  readonly frame: Uint8Array
  readonly at: number
}

/** What a reader at some position is owed, joined, and the position it is at after that. */
export interface Batch {
  readonly bytes: Uint8Array
  readonly head: number
}

/**
 * The ordered history of one topic, as encoded frames, each of them one buffer that all readers share.
 *
 * Positions are sequence numbers: a reader at `n` has seen event `n` and is owed `n + 1` and those that follow.
 * What was appended since the last {@link trim} is kept beyond the bounds, so that readers who keep up are never
 * overtaken within a turn of the event loop.
 */
export class Log {
  readonly epoch: string
  readonly #bounds: HistoryBounds
  readonly #entries: Entry[] = []
  #head = 0
  #lastBatch: { from: number; batch: Batch } | undefined

  constructor(epoch: string, bounds: HistoryBounds) {
    this.epoch = epoch
    this.#bounds = bounds
  }

  /** The position of the newest event. */
  get head(): number {
    return this.#head
  }

  cursorAt(seq: number): Cursor {
    return { epoch: this.epoch, seq }
  }

  /** Adds an event, and gives the number of bytes it takes. */
  append(body: string, now: number): number {
    this.#head += 1
    const frame = Buffer.from(withId(`${this.epoch}.${this.#head}`, body))
    this.#entries.push({ frame, at: now })
    this.#lastBatch = undefined
    return frame.byteLength
  }

  /** Lets go of what is beyond the bounds. */
  trim(now: number): void {
    let surplus = Math.max(0, this.#entries.length - this.#bounds.size)
    const oldest = now - this.#bounds.ms
    for (let entry = this.#entries[surplus]; entry && entry.at < oldest; entry = this.#entries[surplus]) {
      surplus += 1
    }
    if (surplus === 0) return
    this.#entries.splice(0, surplus)
    this.#lastBatch = undefined
  }

  /** Why a reader cannot go on from a cursor; nothing if it can. */
  gapAt(cursor: Cursor): ServerGapReason | undefined {
    if (cursor.epoch !== this.epoch) return 'epoch'
    if (cursor.seq > this.#head) return 'invalid'
    return this.reaches(cursor.seq) ? undefined : 'expired'
  }

  /** Whether every event after a position is still kept. */
  reaches(seq: number): boolean {
    return seq >= this.#head - this.#entries.length
  }

  /** All that follows a position, or nothing at the head. Readers at one position get the same buffer. */
  readFrom(seq: number): Batch | undefined {
    if (seq >= this.#head) return undefined
    if (this.#lastBatch?.from === seq) return this.#lastBatch.batch
    const frames = this.#entries.slice(seq - this.#head).map((entry) => entry.frame)
    const [first] = frames
    const bytes = first && frames.length === 1 ? first : Buffer.concat(frames)
    const batch = { bytes, head: this.#head }
    this.#lastBatch = { from: seq, batch }
    return batch
  }
}
