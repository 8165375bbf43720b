import type { DataSchemas, Schema, Schemas } from './schema.js'

/** A broadcast procedure: `params` name one topic of it, `events` are what a topic carries. Made by `channel`. */
export interface Channel<
  Params extends Schemas = Schemas,
  Events extends DataSchemas = DataSchemas,
  Snapshot extends Schema | undefined = Schema | undefined,
> {
  readonly kind: 'channel'
  readonly params: Params
  readonly events: Events
  readonly snapshot: Snapshot
}

/** A request and its response. Made by `command`. */
export interface Command<
  Input extends Schema | undefined = Schema | undefined,
  Output extends Schema | undefined = Schema | undefined,
  Errors extends DataSchemas = DataSchemas,
> {
  readonly kind: 'command'
  readonly input: Input
  readonly output: Output
  readonly errors: Errors
}

/** A request answered by a finite run of events and then an output. Made by `stream`. */
export interface Stream<
  Input extends Schema | undefined = Schema | undefined,
  Events extends DataSchemas = DataSchemas,
  Output extends Schema | undefined = Schema | undefined,
  Errors extends DataSchemas = DataSchemas,
> {
  readonly kind: 'stream'
  readonly input: Input
  readonly events: Events
  readonly output: Output
  readonly errors: Errors
}

export type Procedure = Channel | Command | Stream

/** The schemas of a channel without params, or of a command without errors of its own. */
// biome-ignore lint/complexity/noBannedTypes: `{}` is what has no keys; Record<never, …> would have them all.
export type NoSchemas = {}
