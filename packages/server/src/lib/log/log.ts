import type { Cursor, ServerGapReason } from '@tidings/core/wire'
import { eventId, withId } from '@tidings/core/wire'
import type { Delivery, HistoryBounds } from '../history.js'
import { Chunk } from '../http/chunk.js'

interface Entry {
  readonly seq: number
  readonly event: string
  readonly frame: string
  readonly at: number
}

/** What a reader at some position is handed, joined, and the position it is at after that. */
export interface Batch {
  readonly chunk: Chunk
  readonly count: number
  readonly seq: number
}

/** About how much a reader that lies behind is handed at once, in characters: it is what its socket holds if it stalls. */
const catchUpLength = 64 * 1024

/** How much is kept for those who wait for a snapshot, in characters: beyond, they begin again with a newer one. */
const heldLength = 16 * 1024 * 1024

/**
 * The ordered history of one topic, as encoded frames that all readers share.
 *
 * Positions are sequence numbers: a reader at `n` has seen event `n` and is owed `n + 1` and those that follow.
 * What was appended since the last {@link trim} is kept beyond the bounds, and handed out at once, so that a reader with
 * room on its socket is not overtaken, however much comes between two trims.
 */
export class Log {
  readonly #bounds: HistoryBounds
  readonly #delivery: Delivery
  readonly #entries: Entry[] = []
  #epoch: string
  #head: number
  /** Everything a reader at this position or a later one is owed is still kept. */
  #floor: number
  /** Where readers who keep up were when the current turn began. */
  #turnStart = 0
  /** Positions that somebody is about to read from. */
  readonly #held: number[] = []
  /** The length of all frames together. */
  #length = 0
  #lastBatch: { readonly from: number; readonly batch: Batch } | undefined

  constructor(epoch: string, bounds: HistoryBounds, delivery: Delivery) {
    this.#epoch = epoch
    this.#head = 0
    this.#floor = 0
    this.#bounds = bounds
    this.#delivery = delivery
  }

  /** Names this life of the log: positions mean nothing in another. */
  get epoch(): string {
    return this.#epoch
  }

  /** The position of the newest event. */
  get head(): number {
    return this.#head
  }

  /** The position from which on everything is kept. */
  get floor(): number {
    return this.#floor
  }

  /** Begins another life at a position, with nothing kept. Positions of the one before are void. */
  restart(epoch: string, head: number): void {
    this.#epoch = epoch
    this.skipTo(head)
  }

  /** Goes on from a position without what came before it. */
  skipTo(head: number): void {
    this.#drop(0, this.#entries.length)
    this.#head = head
    this.#floor = head
    this.#turnStart = head
    this.#lastBatch = undefined
  }

  /** Puts events before the oldest that is kept: they end where the log begins, and have no holes. */
  prepend(events: readonly { seq: number; event: string; body: string; at: number }[]): void {
    const [oldest] = events
    if (!oldest) return
    const superseded = new Set(this.#entries.map(({ event }) => event))
    const entries: Entry[] = []
    for (const { seq, event, body, at } of [...events].reverse()) {
      if (this.#delivery === 'latest' && superseded.has(event)) continue
      superseded.add(event)
      const frame = withId(eventId(this.#epoch, seq), body)
      entries.push({ seq, event, frame, at })
      this.#length += frame.length
    }
    this.#entries.unshift(...entries.reverse())
    this.#floor = oldest.seq - 1
    this.#lastBatch = undefined
  }

  cursorAt(seq: number): Cursor {
    return { epoch: this.#epoch, seq }
  }

  /** Adds an event, and gives the length of its frame. */
  append(event: string, body: string, now: number): number {
    this.#head += 1
    const frame = withId(eventId(this.#epoch, this.#head), body)
    if (this.#delivery === 'latest') {
      const superseded = this.#entries.findIndex((entry) => entry.event === event)
      if (superseded >= 0) this.#drop(superseded, 1)
    }
    this.#entries.push({ seq: this.#head, event, frame, at: now })
    this.#length += frame.length
    this.#lastBatch = undefined
    return frame.length
  }

  /**
   * Keeps what follows a position, beyond the bounds, until it is released: for those who wait for the snapshot that
   * stands for it. Otherwise, where more is emitted while it is loading than the log keeps, no snapshot would ever do.
   */
  hold(seq: number): void {
    this.#held.push(seq)
  }

  release(seq: number): void {
    this.#held.splice(this.#held.indexOf(seq), 1)
  }

  /** Lets go of what is beyond the bounds. */
  trim(now: number): void {
    this.#turnStart = this.#head
    this.#lastBatch = undefined
    let surplus = Math.max(0, this.#entries.length - this.#bounds.size)
    const oldest = now - this.#bounds.ms
    for (let entry = this.#entries[surplus]; entry && entry.at < oldest; entry = this.#entries[surplus]) {
      surplus += 1
    }
    const held = this.#held.filter((seq) => this.reaches(seq))
    if (held.length > 0 && this.#length <= heldLength) {
      surplus = Math.min(surplus, this.#indexAfter(Math.min(...held)))
    }
    this.#floor = this.#entries[surplus - 1]?.seq ?? this.#floor
    this.#drop(0, surplus)
  }

  /** Why a reader cannot go on from a cursor; nothing if it can. */
  gapAt(cursor: Cursor): ServerGapReason | undefined {
    if (cursor.epoch !== this.#epoch) return 'history_lost'
    if (cursor.seq > this.#head) return 'invalid'
    return this.reaches(cursor.seq) ? undefined : 'expired'
  }

  /** Whether everything a reader at a position is owed is still kept. */
  reaches(seq: number): boolean {
    return seq >= this.#floor
  }

  /**
   * What follows a position, or nothing at the head. Readers at one position get the same bytes.
   *
   * A reader that was at the head when this turn began is handed all of it, which is bounded by what is emitted in a
   * turn; one that lies further behind is handed a piece, and asks again, unless it asks for `all`.
   */
  readFrom(seq: number, amount: 'some' | 'all' = 'some'): Batch | undefined {
    if (seq >= this.#head) return undefined
    const last = this.#lastBatch
    if (last?.from === seq && (amount === 'some' || last.batch.seq === this.#head)) return last.batch
    const entries = this.#entries
    const isWhole = amount === 'all' || seq >= this.#turnStart
    const most = isWhole ? Number.POSITIVE_INFINITY : catchUpLength
    const first = this.#indexAfter(seq)
    let end = first
    let text = ''
    for (let entry = entries[end]; entry && text.length < most; entry = entries[end]) {
      text += entry.frame
      end += 1
    }
    const batch = { chunk: new Chunk(text), count: end - first, seq: entries[end - 1]?.seq ?? this.#head }
    this.#lastBatch = { from: seq, batch }
    return batch
  }

  /** How many of what is kept come before or at a position. */
  #indexAfter(seq: number): number {
    // The newest events, without holes between them; holes are what `latest` makes.
    if (this.#delivery === 'every') return Math.max(0, this.#entries.length - (this.#head - seq))
    const index = this.#entries.findIndex((entry) => entry.seq > seq)
    return index < 0 ? this.#entries.length : index
  }

  #drop(start: number, count: number): void {
    if (count === 0) return
    for (let n = start; n < start + count; n += 1) this.#length -= this.#entries[n]?.frame.length ?? 0
    this.#entries.splice(start, count)
  }
}
