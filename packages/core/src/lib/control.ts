import type { Problem } from './problem.js'

/**
 * What a client wants of its shared connection: one topic each, named by its key. A request names a topic once.
 *
 * - `subscribe`: carry the topic, from a cursor or from now on. One that is carried already starts anew from there.
 * - `unsubscribe`: carry it no longer.
 * - `snapshot`: send the topic's state once more, for a subscriber that came later than the others.
 */
export type ControlOperation =
  | { readonly subscribe: string; readonly cursor?: string }
  | { readonly unsubscribe: string }
  | { readonly snapshot: string }

/**
 * The body of `POST /events/$connections/<id>`. Without operations it proves who the client is, and that alone.
 */
export interface ControlRequest {
  /**
   * Counts the requests about one connection, from 1. One that comes after a newer one is refused: its client had given it
   * up, and asked again for what still mattered.
   */
  readonly sequence?: number
  readonly operations: readonly ControlOperation[]
}

/**
 * What has come of an operation. `name` is the epoch that begins the ids of the topic's frames, and `cursor` where it
 * starts; absent where a snapshot tells.
 */
export type ControlResult =
  | { readonly status: 'accepted'; readonly name: string; readonly cursor?: string }
  | { readonly status: 'gap'; readonly reason: string; readonly name: string; readonly cursor?: string }
  | { readonly status: 'refused'; readonly problem: Problem }
  | { readonly status: 'done' }

/** The answer to a {@link ControlRequest}: a result for each operation, in their order. */
export interface ControlResponse {
  readonly results: readonly ControlResult[]
}
