/** A position in a log. The next event a subscriber is owed is the one after `seq`. */
export interface Cursor {
  /** Names one life of the log. Another epoch means that the history was lost. */
  readonly epoch: string
  /** How many events the log had seen at this position: rises by one with each, from 0. */
  readonly seq: number
}

const cursorPattern = /^([A-Za-z0-9_-]{1,64})\.(0|[1-9]\d{0,15})$/

/** Writes a cursor as it stands in an `id:` line: `<epoch>.<seq>`. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.epoch}.${cursor.seq}`
}

/** Reads a cursor; nothing if the text is none. */
export function parseCursor(text: string): Cursor | undefined {
  const match = cursorPattern.exec(text)
  if (!match) return undefined
  const [, epoch = '', digits = ''] = match
  const seq = Number(digits)
  return Number.isSafeInteger(seq) ? { epoch, seq } : undefined
}

/** Whether a position lies in the same life of a log as another, and not before it. */
export function isAtOrAfter(position: Cursor, other: Cursor): boolean {
  return position.epoch === other.epoch && position.seq >= other.seq
}

/** Why a subscriber missed events: what its cursor was not good for any more. */
export type ServerGapReason =
  /** The cursor is older than the log's history. */
  | 'expired'
  /** The log's history was lost since: the server restarted, or the topic was unused for long. */
  | 'epoch'
  /** The cursor is malformed, or from a future the log has not seen. */
  | 'invalid'
