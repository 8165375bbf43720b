import type { Cursor, ServerGapReason } from '@tidings/core/wire'
import { eventDataOf, eventId, withId } from '@tidings/core/wire'
import type { Delivery, HistoryBounds } from '../history.js'
import { Chunk } from '../http/chunk.js'

interface Entry {
  readonly seq: number
  readonly event: string
  readonly frame: string
  readonly at: number
}

/** The frames that follow a position, joined. */
export interface Batch {
  readonly chunk: Chunk
  /** The number of events. */
  readonly count: number
  /** The position after the last event. */
  readonly seq: number
}

/**
 * About how much a reader that is behind gets at once, in characters. A socket holds that much if its client
 * stops reading.
 */
const catchUpLength = 64 * 1024

/** How much the log holds while a snapshot loads, in characters. Beyond it, a newer snapshot is loaded. */
const maxHeldLength = 16 * 1024 * 1024

/**
 * The ordered history of one topic, as encoded frames that all readers share.
 *
 * Positions are sequence numbers: a reader at `n` has read event `n`, and event `n + 1` is pending.
 *
 * Events that were appended since the last {@link trim} are kept beyond the bounds and read in one batch. So
 * a reader with room on its socket misses none, however many events are appended between two trims.
 */
export class Log {
  readonly #bounds: HistoryBounds
  readonly #delivery: Delivery
  readonly #entries: Entry[] = []
  #epoch: string
  #head: number
  /** Every event after this position is kept. */
  #floor: number
  /** The position of readers that keep up, when the current turn of the event loop began. */
  #turnStart = 0
  /** The positions of the snapshots that are being loaded. */
  readonly #heldPositions: number[] = []
  /** The total length of the frames, in characters. */
  #length = 0
  #hasEnded = false
  #lastBatch: { readonly from: number; readonly batch: Batch } | undefined

  constructor(epoch: string, bounds: HistoryBounds, delivery: Delivery) {
    this.#epoch = epoch
    this.#head = 0
    this.#floor = 0
    this.#bounds = bounds
    this.#delivery = delivery
  }

  /** Identifies one lifetime of the log. A position is valid only in its epoch. */
  get epoch(): string {
    return this.#epoch
  }

  /** The position of the newest event. */
  get head(): number {
    return this.#head
  }

  /** The position after which every event is kept. */
  get floor(): number {
    return this.#floor
  }

  /** The total length of the frames, in characters. */
  get length(): number {
    return this.#length
  }

  /** Whether its last frame was appended: the log of a run ends with the run. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Begins another epoch at a position, without events. */
  restart(epoch: string, head: number): void {
    this.#epoch = epoch
    this.skipTo(head)
  }

  /** Moves the head to a position, and drops every event. */
  skipTo(head: number): void {
    this.#drop(0, this.#entries.length)
    this.#head = head
    this.#floor = head
    this.#turnStart = head
    this.#lastBatch = undefined
  }

  /** Puts events before the oldest one. They end at the floor, without holes. */
  prepend(events: readonly { seq: number; event: string; body: string; at: number }[]): void {
    const [oldest] = events
    if (!oldest) return
    const superseded = new Set(this.#entries.map(({ event }) => event))
    const entries: Entry[] = []
    for (const { seq, event, body, at } of [...events].reverse()) {
      if (this.#delivery === 'latest' && superseded.has(event)) continue
      superseded.add(event)
      const frame = inOnePiece(withId(eventId(this.#epoch, seq), body))
      entries.push({ seq, event, frame, at })
      this.#length += frame.length
      this.#hasEnded ||= isLast(event)
    }
    this.#entries.unshift(...entries.reverse())
    this.#floor = oldest.seq - 1
    this.#lastBatch = undefined
  }

  cursorAt(seq: number): Cursor {
    return { epoch: this.#epoch, seq }
  }

  /** Appends an event. Returns the length of its frame. `$output` or `$error` is the last event of a run. */
  append(event: string, body: string, now: number): number {
    this.#head += 1
    const frame = inOnePiece(withId(eventId(this.#epoch, this.#head), body))
    if (this.#delivery === 'latest') {
      const superseded = this.#entries.findIndex((entry) => entry.event === event)
      if (superseded >= 0) this.#drop(superseded, 1)
    }
    this.#entries.push({ seq: this.#head, event, frame, at: now })
    this.#length += frame.length
    this.#hasEnded ||= isLast(event)
    this.#lastBatch = undefined
    return frame.length
  }

  /** Returns the total length of the frames after a position, in characters. */
  lengthAfter(seq: number): number {
    let length = 0
    for (let n = this.#entries.length - 1; n >= 0; n -= 1) {
      const entry = this.#entries[n] as Entry
      if (entry.seq <= seq) break
      length += entry.frame.length
    }
    return length
  }

  /** Drops the oldest events up to a position, until the frames are no longer than so many characters. */
  dropThrough(seq: number, length: number): void {
    let count = 0
    let left = this.#length
    for (
      let entry = this.#entries[0];
      entry && entry.seq <= seq && left > length;
      entry = this.#entries[count]
    ) {
      left -= entry.frame.length
      count += 1
    }
    this.#floor = this.#entries[count - 1]?.seq ?? this.#floor
    this.#drop(0, count)
  }

  /**
   * Keeps the events after the position of a snapshot, beyond the bounds, until it is released. Otherwise a
   * busy topic would outrun every snapshot that loads. See decision 007.
   */
  hold(seq: number): void {
    this.#heldPositions.push(seq)
  }

  release(seq: number): void {
    this.#heldPositions.splice(this.#heldPositions.indexOf(seq), 1)
  }

  /** Drops the events beyond the bounds. */
  trim(now: number): void {
    this.#turnStart = this.#head
    this.#lastBatch = undefined
    let surplus = Math.max(0, this.#entries.length - this.#bounds.size)
    const oldest = now - this.#bounds.ms
    for (let entry = this.#entries[surplus]; entry && entry.at < oldest; entry = this.#entries[surplus]) {
      surplus += 1
    }
    const held = this.#heldPositions.filter((seq) => this.reaches(seq))
    if (held.length > 0 && this.#length <= maxHeldLength) {
      surplus = Math.min(surplus, this.#indexAfter(Math.min(...held)))
    }
    this.#floor = this.#entries[surplus - 1]?.seq ?? this.#floor
    this.#drop(0, surplus)
  }

  /** Returns why a reader cannot continue from a cursor, or undefined if it can. */
  gapAt(cursor: Cursor): ServerGapReason | undefined {
    if (cursor.epoch !== this.#epoch) return 'history_lost'
    if (cursor.seq > this.#head) return 'invalid'
    return this.reaches(cursor.seq) ? undefined : 'expired'
  }

  /** Whether every event after a position is kept. */
  reaches(seq: number): boolean {
    return seq >= this.#floor
  }

  /**
   * Returns the events after a position, or undefined at the head. Readers at the same position share the
   * bytes.
   *
   * A reader that was at the head when this turn of the event loop began gets all of them: what is emitted in
   * one turn is bounded. A reader further behind gets some at a time, or `all`.
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

  /** Returns the first event after a position, with its data as JSON text, or undefined at the head. */
  eventAfter(
    seq: number,
  ): { readonly seq: number; readonly event: string; readonly data: string } | undefined {
    if (seq >= this.#head) return undefined
    const entry = this.#entries[this.#indexAfter(seq)]
    return entry && { seq: entry.seq, event: entry.event, data: eventDataOf(entry.frame) }
  }

  /** Returns the index of the first event after a position. */
  #indexAfter(seq: number): number {
    // Only `latest` leaves holes between events.
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

/** Whether an event ends a log. The events of a contract have other names. */
function isLast(event: string): boolean {
  return event === '$output' || event === '$error'
}

/**
 * Returns a text that is stored in one piece. V8 stores a concatenation as a tree of its parts, which takes several
 * times the memory of its characters, and more time to encode.
 */
function inOnePiece(text: string): string {
  // Reading a character replaces the tree. The comparison keeps the optimizing compiler from dropping the read.
  return text.charCodeAt(0) === -1 ? '' : text
}
