import { type Cursor, parseCursor } from '@tidings/core/wire'

export type TopicKind = 'plain' | 'stateful' | 'latest'

/** What really happened: how many events each topic was emitted, and where each epoch began. */
export class Ledger {
  readonly emitted: Record<TopicKind, number> = { plain: 0, stateful: 0, latest: 0 }
  /** How many events the logs keep; time is no bound. */
  readonly size: number
  /** Whether so much is emitted that someone who reads at once may still be overtaken by the log. */
  readonly mayOvertake: boolean
  /** The epochs of the server that runs now, and by how much numbers and positions differ in each. */
  readonly #offsets = new Map<string, number>()
  readonly #ended = new Set<string>()

  /** Whether there are several nodes, whose logs may fall behind the bus' and be moved on. */
  readonly isJoint: boolean
  #hasRestarted = false

  constructor(size: number, mayOvertake: boolean, isJoint: boolean) {
    this.size = size
    this.mayOvertake = mayOvertake
    this.isJoint = isJoint
  }

  /** Whether somebody who reads may be told of a gap, for that reason. */
  mayMissLive(reason: string): boolean {
    if (reason === 'history_lost') return this.isJoint && this.#hasRestarted
    return reason === 'expired' && (this.mayOvertake || this.isJoint)
  }

  /** The server was restarted: its history is lost. */
  restarted(): void {
    this.#hasRestarted = true
    for (const epoch of this.#offsets.keys()) this.#ended.add(epoch)
  }

  /** An event has arrived: with its position, its number has to rise by one with each event of the log. */
  check(kind: TopicKind, { epoch, seq }: Cursor, n: number): void {
    if (n > this.emitted[kind]) throw new Error(`${kind}: ${n} was never emitted`)
    const offset = this.#offsets.get(epoch)
    if (offset === undefined) this.#offsets.set(epoch, n - seq)
    else if (offset !== n - seq)
      throw new Error(`${kind}: ${n} at ${epoch}.${seq}, where ${seq + offset} belongs`)
  }

  /** Whether a cursor is of a history that is lost. */
  isLost(cursor: string | undefined): boolean {
    const epoch = cursor && parseCursor(cursor)?.epoch
    return epoch !== undefined && (epoch === 'elsewhere' || this.#ended.has(epoch))
  }

  /** Whether a subscriber that resumes with something may be told of a gap, for that reason. */
  mayMiss(kind: TopicKind, resumedWith: string | undefined, reason: string): boolean {
    if (resumedWith === undefined) return false
    const cursor = parseCursor(resumedWith)
    if (!cursor) return reason === 'invalid'
    // The last events of a server that is gone may have been read only after it was.
    // A node that has not heard of the loss goes on in the life that is over.
    if (this.isJoint && this.isLost(resumedWith)) return true
    if (reason === 'history_lost') return this.isLost(resumedWith) || this.#hasRestarted
    const offset = this.#offsets.get(cursor.epoch)
    // No event of that epoch was seen by anyone, so that it is not known where it is.
    if (offset === undefined) return true
    const missed = this.emitted[kind] - (cursor.seq + offset)
    if (missed < 0) return reason === 'invalid'
    // With latest, the log keeps one of each of the two kinds.
    // A bus keeps all kinds together.
    if (this.isJoint) return reason === 'expired' && missed > Math.min(this.size, 1)
    return reason === 'expired' && (kind === 'latest' ? this.size < 2 : missed > this.size)
  }
}
