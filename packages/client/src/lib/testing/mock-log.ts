import { eventId, isAtOrAfter, parseCursor, withId } from '@tidings/core/wire'

/** The most events of a log that are kept. */
const maxEvents = 1_000

let logs = 0

/** The events of a mocked topic or run, from which a client resumes. */
export class MockLog {
  /** Tells the log's frames from those of others. */
  readonly epoch: string
  /** The newest events, encoded. */
  readonly #bodies: string[] = []
  /** How many events there were. */
  head = 0

  constructor() {
    logs += 1
    this.epoch = `mock${logs}`
  }

  /** Adds an event. Returns its frame. */
  append(body: string): string {
    this.head += 1
    this.#bodies.push(body)
    if (this.#bodies.length > maxEvents) this.#bodies.shift()
    return this.#frame(this.head, body)
  }

  /** The cursor after so many events. */
  cursor(seq = this.head): string {
    return eventId(this.epoch, seq)
  }

  /** Returns how many events precede a cursor, if the log has what follows it. */
  seqOf(cursor: string): number | undefined {
    const position = parseCursor(cursor)
    const head = { epoch: this.epoch, seq: this.head }
    return position && isAtOrAfter(head, position) && this.reaches(position.seq) ? position.seq : undefined
  }

  /** Whether the log has every event after so many. */
  reaches(seq: number): boolean {
    return seq >= this.head - this.#bodies.length
  }

  /** Returns the frames after so many events. */
  after(seq: number): string[] {
    const first = this.head - this.#bodies.length
    return this.#bodies.slice(seq - first).map((body, index) => this.#frame(seq + index + 1, body))
  }

  #frame(seq: number, body: string): string {
    return withId(this.cursor(seq), body)
  }
}
