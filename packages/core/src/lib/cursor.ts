/** A position in a log. The subscriber's next event is the one after `seq`. */
export interface Cursor {
  /** Identifies one lifetime of the log. A different epoch means that the history was lost. */
  readonly epoch: string
  /** The number of events in the log up to this position: starts at 0 and grows by one with each event. */
  readonly seq: number
}

const epochPattern = /^[A-Za-z0-9_-]{1,64}$/
const zero = 48

/** Formats a cursor: `<epoch>.<seq>`. */
export function formatCursor({ epoch, seq }: Cursor): string {
  return eventId(epoch, seq)
}

/** Formats the id of an event, which is the cursor after it. Saves a log the object. */
export function eventId(epoch: string, seq: number): string {
  return `${epoch}.${seq}`
}

/**
 * Parses a cursor. Returns undefined if the text is not a cursor.
 *
 * @param epochOf returns the epoch that a text begins with up to a length, or undefined. A client looks up the epochs of its
 * topics, and gets the text that it has: a part of a received text would keep all of that in memory.
 */
export function parseCursor(text: string, epochOf = asEpoch): Cursor | undefined {
  // For every event that a client receives: a regular expression for all of it takes half as long again.
  const dot = text.indexOf('.')
  const start = dot + 1
  const hasLeadingZero = text[start] === '0' && start + 1 < text.length
  if (dot === -1 || start === text.length || hasLeadingZero) return undefined
  let seq = 0
  for (let at = start; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - zero
    if (digit < 0 || digit > 9) return undefined
    seq = seq * 10 + digit
  }
  const epoch = epochOf(text, dot)
  return epoch !== undefined && Number.isSafeInteger(seq) ? { epoch, seq } : undefined
}

function asEpoch(text: string, length: number): string | undefined {
  const epoch = text.slice(0, length)
  return epochPattern.test(epoch) ? epoch : undefined
}

/** Whether a position is in the same epoch as another, and not before it. */
export function isAtOrAfter(position: Cursor, other: Cursor): boolean {
  return position.epoch === other.epoch && position.seq >= other.seq
}
