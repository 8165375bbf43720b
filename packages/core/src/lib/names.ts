/** The names of a contract: their pattern, and those that are reserved. */

const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/

/**
 * Event names a contract may not declare. An EventSource itself dispatches `open` and `error`, `snapshot` and
 * `gap` stand beside the events in a subscriber's handlers, and `then` would turn an emitter into a promise.
 */
export const reservedEventNames = ['open', 'error', 'snapshot', 'gap', 'then'] as const
export type ReservedEventName = (typeof reservedEventNames)[number]

/**
 * Procedure and group names a contract may not declare: the client's own members, and `then`, which would
 * make it a promise.
 */
export const reservedMemberNames = ['connection', 'reconnect', 'close', 'then'] as const
export type ReservedMemberName = (typeof reservedMemberNames)[number]

/** Param names a contract may not declare: params share the query string with Tidings' own. */
export const reservedParamNames = ['lastEventId'] as const
export type ReservedParamName = (typeof reservedParamNames)[number]

/** Why a name is refused. `types/names.ts` builds its messages from them. */
export const nameProblems = {
  dollar: 'begins with $, which is reserved for Tidings. Choose another name',
  malformed: 'is not a valid name. Use a letter followed by up to 127 letters, digits, "_" or "-"',
  reserved: 'is reserved. Choose another name',
} as const

/** Completes a sentence that begins with an invalid name. Returns undefined for a valid one. */
export function nameProblem(name: string, reserved: readonly string[]): string | undefined {
  if (name.startsWith('$')) return nameProblems.dollar
  if (!namePattern.test(name)) return nameProblems.malformed
  if (!reserved.includes(name)) return undefined
  return nameProblems.reserved.replace('.', ` (as are ${reserved.join(', ')}).`)
}
