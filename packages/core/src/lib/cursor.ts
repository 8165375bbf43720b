/** A position in a log. The subscriber's next event is the one after `seq`. */
export interface Cursor {
  /** Identifies one lifetime of the log. A different epoch means that the history was lost. */
  readonly epoch: string
  /** The number of events in the log up to this position: starts at 0 and grows by one with each event. */
  readonly seq: number
}

const cursorPattern = /^([A-Za-z0-9_-]{1,64})\.(0|[1-9]\d{0,15})$/

/** Formats a cursor: `<epoch>.<seq>`. */
export function formatCursor({ epoch, seq }: Cursor): string {
  return eventId(epoch, seq)
}

/** Formats the id of an event, which is the cursor after it. Saves a log the object. */
export function eventId(epoch: string, seq: number): string {
  return `${epoch}.${seq}`
}

/** Parses a cursor. Returns undefined if the text is not a cursor. */
export function parseCursor(text: string): Cursor | undefined {
  const match = cursorPattern.exec(text)
  if (!match) return undefined
  const [, epoch = '', digits = ''] = match
  const seq = Number(digits)
  return Number.isSafeInteger(seq) ? { epoch, seq } : undefined
}

/** Whether a position is in the same epoch as another, and not before it. */
export function isAtOrAfter(position: Cursor, other: Cursor): boolean {
  return position.epoch === other.epoch && position.seq >= other.seq
}
