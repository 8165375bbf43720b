import type { DataSchemas, Schema, Schemas } from './schema.js'

/** Text about a procedure, shown in documents, the inspector and the command line. It is never on the wire. */
export interface ProcedureMeta {
  /** A name for people, in a few words. Defaults to the path of the procedure, wherever one is shown. */
  readonly title?: string | undefined
  /** What the procedure is for and how to use it, in Markdown. */
  readonly description?: string | undefined
  /** Whether new code should not use it, or the sentence that says what to use instead. */
  readonly deprecated?: boolean | string | undefined
}

/**
 * A broadcast procedure, made by `channel`: `params` name one of its topics, and a topic carries `events`.
 */
export interface Channel<
  Params extends Schemas = Schemas,
  Events extends DataSchemas = DataSchemas,
  Snapshot extends Schema | undefined = Schema | undefined,
> {
  readonly kind: 'channel'
  readonly params: Params
  readonly events: Events
  readonly snapshot: Snapshot
  readonly meta?: ProcedureMeta | undefined
}

/** A request with one response, made by `command`. */
export interface Command<
  Input extends Schema | undefined = Schema | undefined,
  Output extends Schema | undefined = Schema | undefined,
  Errors extends DataSchemas = DataSchemas,
> {
  readonly kind: 'command'
  readonly input: Input
  readonly output: Output
  readonly errors: Errors
  readonly meta?: ProcedureMeta | undefined
}

/** A request answered with a finite sequence of events, then an output; made by `stream`. */
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
  readonly meta?: ProcedureMeta | undefined
}

export type Procedure = Channel | Command | Stream

/** The schemas of a channel without params, or of a command that declares no errors. */
// biome-ignore lint/complexity/noBannedTypes: `{}` has no keys; Record<never, …> would have them all.
export type NoSchemas = {}
