import type { Effect, Place, Verdict } from './diff-change.js'
import type { Branch, SchemaSource } from './diff-value.js'
import type { JsonSchema } from './document.js'

/** What the comparison of one payload offers to that of its parts. */
export interface Comparison {
  readonly before: SchemaSource
  readonly after: SchemaSource
  readonly place: Place
  /** What happens to a value that the reader does not declare: a client never knew it, but a server ignores a wish. */
  readonly dropped: Verdict
  compare(before: unknown, after: unknown, path: string): void
  compareBranches(before: Branch, after: Branch, path: string): void
  /** Whether each value of the writer's branch fits the reader's, as far as the schemas tell. */
  fits(before: Branch, after: Branch, direction: keyof Effect): boolean
  /** Adds a change. `advice` says what to do instead where it breaks clients. */
  add(path: string, change: string, effect: Effect, sentence: string, advice?: string): void
  /**
   * Returns the effect of a case more, or less: a value of an enum, a member of a union. A client skips an event with a
   * case that it does not know.
   */
  ofCase(effect: Effect): Effect
  /** Adds a change of keywords other than `known`, if there is one. */
  compareRest(before: JsonSchema, after: JsonSchema, known: readonly string[], path: string): void
}
