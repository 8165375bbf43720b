import type { ErrorCode } from './problem.js'
import type { ErrorNames, EventNames, ParamNames } from './types/names.js'
import type { Channel, Command, NoSchemas, Stream } from './types/procedure.js'
import type { DataSchemas, Inferred, Schema, Schemas } from './types/schema.js'
import type { AllSendable, Sendable } from './types/sendable.js'

const noSchemas: NoSchemas = Object.freeze({})

/** What {@link channel} takes. */
export interface ChannelDefinition<Params, Events, Snapshot> {
  /**
   * What names one topic of the channel, as a record of schemas.
   *
   * They travel in the query string: scalars as they are, anything else as JSON. Equal params are one topic,
   * whatever the order of their keys. Leave it out for a channel of one topic.
   */
  params?: Params
  /** The topic's current state, which a subscriber is handed first and after each gap. */
  snapshot?: Snapshot
  /** What the topic carries: each event's name and the schema of its payload, `undefined` for one without a payload. */
  events: Events
}

/**
 * Declares a channel: events that the server emits to everyone subscribed to a topic.
 *
 * Mistakes (a schema that cannot travel as JSON, a reserved name) are type errors here where types can tell,
 * and are refused by `defineContract` in any case.
 */
export function channel<
  Events extends DataSchemas,
  Params extends Schemas = NoSchemas,
  Snapshot extends Schema | undefined = undefined,
>(
  definition: ChannelDefinition<
    Params & AllSendable<Params> & ParamNames<Params>,
    Events & AllSendable<Events> & EventNames<Events>,
    Snapshot & Sendable<Snapshot>
  >,
): Channel<Inferred<Params>, Inferred<Events>, Inferred<Snapshot>>
export function channel(definition: ChannelDefinition<Schemas, DataSchemas, Schema>): Channel {
  const { params = noSchemas, events, snapshot } = definition ?? {}
  // With what it does not take, for the check of the contract to name.
  return { ...definition, kind: 'channel', params, events, snapshot }
}

/** What {@link command} takes. */
export interface CommandDefinition<Input, Output, Errors> {
  /** What the caller sends. Leave it out for a command without input. */
  input?: Input
  /** What the handler answers. Leave it out for a command that only says it is done. */
  output?: Output
  /**
   * The errors a handler may `fail` with: each name becomes the error's `code`, each schema types its `data`. Write
   * `undefined` for an error without data.
   */
  errors?: Errors
}

/**
 * Declares a command: a request with one typed answer or a typed error. `command()` declares one that takes nothing and only
 * says that it is done.
 */
export function command<
  Input extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
  Errors extends DataSchemas = NoSchemas,
>(
  definition?: CommandDefinition<
    Input & Sendable<Input>,
    Output & Sendable<Output>,
    Errors & AllSendable<Errors> & ErrorNames<Errors, ErrorCode>
  >,
): Command<Inferred<Input>, Inferred<Output>, Inferred<Errors>>
export function command(definition?: CommandDefinition<Schema, Schema, DataSchemas>): Command {
  const { input, output, errors = noSchemas } = definition ?? {}
  return { ...definition, kind: 'command', input, output, errors }
}

/** What {@link stream} takes. */
export interface StreamDefinition<Input, Events, Output, Errors>
  extends CommandDefinition<Input, Output, Errors> {
  /** What is sent on the way to the output: each event's name and the schema of its payload, or `undefined`. */
  events: Events
}

/** Declares a stream: a request answered by a finite run of typed events and then an output. */
export function stream<
  Events extends DataSchemas,
  Input extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
  Errors extends DataSchemas = NoSchemas,
>(
  definition: StreamDefinition<
    Input & Sendable<Input>,
    Events & AllSendable<Events> & EventNames<Events>,
    Output & Sendable<Output>,
    Errors & AllSendable<Errors> & ErrorNames<Errors, ErrorCode>
  >,
): Stream<Inferred<Input>, Inferred<Events>, Inferred<Output>, Inferred<Errors>>
export function stream(definition: StreamDefinition<Schema, DataSchemas, Schema, DataSchemas>): Stream {
  const { input, events, output, errors = noSchemas } = definition ?? {}
  return { ...definition, kind: 'stream', input, events, output, errors }
}
