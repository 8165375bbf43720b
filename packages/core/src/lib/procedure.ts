import type { ErrorCode } from './error.js'
import type { AllSerializable, Serializable } from './types/json-safety.js'
import type { ErrorNames, EventNames, ParamNames } from './types/names.js'
import type { Channel, Command, NoSchemas, ProcedureMeta, Stream } from './types/procedure.js'
import type { DataSchemas, NotInferred, Schema, Schemas } from './types/schema.js'

const noSchemas: NoSchemas = Object.freeze({})

/** The argument of {@link channel}. */
export interface ChannelDefinition<Params, Events, Snapshot> {
  /**
   * The params that name one topic of the channel, as a record of schemas.
   *
   * Params are sent in the query string: scalars as text, anything else as JSON. Equal params name the same
   * topic, whatever the order of their keys. Omit it for a channel with a single topic.
   */
  params?: Params
  /** The schema of the topic's current state, which a subscriber receives first and after each gap. */
  snapshot?: Snapshot
  /**
   * The topic's events: each name with the schema of its payload, or `undefined` for an event without one.
   */
  events: Events
  /**
   * Text about the channel: a title, a description in Markdown, and whether it is deprecated. It is in the document that
   * `describe` of `@tidings/core/describe` makes of the contract, and never on the wire.
   */
  meta?: ProcedureMeta
}

/**
 * Declares a channel: events that the server emits to every subscriber of a topic.
 *
 * Mistakes (a schema that cannot be sent as JSON, a reserved name) are type errors here where types can tell,
 * and `defineContract` always refuses them.
 */
export function channel<
  Events extends DataSchemas,
  Params extends Schemas = NoSchemas,
  Snapshot extends Schema | undefined = undefined,
>(
  definition: ChannelDefinition<
    Params & AllSerializable<Params> & ParamNames<Params>,
    Events & AllSerializable<Events> & EventNames<Events>,
    Snapshot & Serializable<Snapshot>
  >,
): Channel<NotInferred<Params>, NotInferred<Events>, NotInferred<Snapshot>>
export function channel(definition: ChannelDefinition<Schemas, DataSchemas, Schema>): Channel {
  const { params = noSchemas, events, snapshot } = definition ?? {}
  // Keeps unknown keys, so that the check of the contract can name them.
  return { ...definition, kind: 'channel', params, events, snapshot }
}

/** The argument of {@link command}. */
export interface CommandDefinition<Input, Output, Errors> {
  /** The schema of what the caller sends. Omit it for a command without input. */
  input?: Input
  /** The schema of the handler's result. Omit it for a command that only confirms completion. */
  output?: Output
  /**
   * The errors a handler may `fail` with: each name becomes the error's `code`, and each schema types its
   * `data`. Use `undefined` for an error without data.
   */
  errors?: Errors
  /**
   * Text about the procedure: a title, a description in Markdown, and whether it is deprecated. It is in the document that
   * `describe` of `@tidings/core/describe` makes of the contract, and never on the wire.
   */
  meta?: ProcedureMeta
}

/**
 * Declares a command: a request with one typed answer or a typed error.
 *
 * `command()` declares a command that takes no input and only confirms completion.
 */
export function command<
  Input extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
  Errors extends DataSchemas = NoSchemas,
>(
  definition?: CommandDefinition<
    Input & Serializable<Input>,
    Output & Serializable<Output>,
    Errors & AllSerializable<Errors> & ErrorNames<Errors, ErrorCode>
  >,
): Command<NotInferred<Input>, NotInferred<Output>, NotInferred<Errors>>
export function command(definition?: CommandDefinition<Schema, Schema, DataSchemas>): Command {
  const { input, output, errors = noSchemas } = definition ?? {}
  return { ...definition, kind: 'command', input, output, errors }
}

/** The argument of {@link stream}. */
export interface StreamDefinition<Input, Events, Output, Errors>
  extends CommandDefinition<Input, Output, Errors> {
  /**
   * The events sent before the output: each name with the schema of its payload, or `undefined` without one.
   */
  events: Events
}

/** Declares a stream: a request answered with a finite sequence of typed events, then an output. */
export function stream<
  Events extends DataSchemas,
  Input extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
  Errors extends DataSchemas = NoSchemas,
>(
  definition: StreamDefinition<
    Input & Serializable<Input>,
    Events & AllSerializable<Events> & EventNames<Events>,
    Output & Serializable<Output>,
    Errors & AllSerializable<Errors> & ErrorNames<Errors, ErrorCode>
  >,
): Stream<NotInferred<Input>, NotInferred<Events>, NotInferred<Output>, NotInferred<Errors>>
export function stream(definition: StreamDefinition<Schema, DataSchemas, Schema, DataSchemas>): Stream {
  const { input, events, output, errors = noSchemas } = definition ?? {}
  return { ...definition, kind: 'stream', input, events, output, errors }
}
