/** The names of a contract: how they may be spelled, and those that are taken. */

const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/

/**
 * Event names nobody may declare. `open` and `error` are what an EventSource dispatches of itself, `snapshot`
 * and `gap` stand beside the events in a subscriber's handlers, and `then` would turn an emitter into a promise.
 */
export const reservedEventNames = ['open', 'error', 'snapshot', 'gap', 'then'] as const
export type ReservedEventName = (typeof reservedEventNames)[number]

/** Names of procedures and groups nobody may declare: the client's own members, and what would make it a promise. */
export const reservedMemberNames = ['connection', 'reconnect', 'close', 'then'] as const
export type ReservedMemberName = (typeof reservedMemberNames)[number]

/** Names of params nobody may declare: they share the query string with Tidings' own. */
export const reservedParamNames = ['lastEventId'] as const
export type ReservedParamName = (typeof reservedParamNames)[number]

/** What is wrong with a name, as the end of a sentence that begins with it; nothing if it may be used. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  if (name.startsWith('$')) return "begins with $, which marks Tidings' own names. Choose another name"
  if (!namePattern.test(name)) {
    return 'is not a usable name. Begin with a letter and go on with up to 127 letters, digits, "_" or "-"'
  }
  if (taken.includes(name)) return `is reserved (as are ${taken.join(', ')}). Choose another name`
  return undefined
}
