import type {
  Channel,
  Command,
  DataSchemas,
  ErrorsOf,
  EventsOf,
  InputOf,
  IsNothing,
  OutputOf,
  ParamsOf,
  Procedure,
  Schema,
  Schemas,
  SnapshotOf,
  Stream,
  TidingsError,
} from '@tidings/core'
import type { Delivery, HistoryOptions } from '../history.js'
import type { Emit, EmitEvent, TopicEmitter } from './emit.js'

/** The handlers of one channel, all of them optional. */
export interface ChannelHandler<C extends Channel, Context> {
  /**
   * Whether a client may subscribe to the topic. `false` is answered with 403 `forbidden`; to give a reason,
   * throw a `TidingsError`. Without this handler, every client may subscribe.
   */
  authorize?(request: { params: ParamsOf<C>; context: Context }): boolean | Promise<boolean>
  /** How much the logs of this channel keep. Defaults to the server's `history`. */
  history?: HistoryOptions
  /**
   * Which events a subscriber gets. `latest` delivers only the newest unseen event of each kind: for prices,
   * positions or typing indicators. An event superseded before it could be written is skipped, and is not a
   * gap. The log then keeps one event of each kind.
   *
   * Defaults to `every`.
   */
  delivery?: Delivery
  /**
   * Feeds a topic while it has subscribers: polls, listens to a database, or follows another feed.
   *
   * It runs once for each topic. It starts with the first subscriber, and `signal` fires `lingerMs` after the
   * last one leaves, or when the server closes; from then on its `emit` rejects with `aborted`. If it throws,
   * `onError` is called and it restarts, after a delay that grows to 30 s. If it returns, it runs again only
   * after the topic has been without subscribers for `lingerMs`.
   */
  source?(request: SourceRequest<C>): void | Promise<void>
}

/** The argument of a channel's source. */
export interface SourceRequest<C extends Channel> {
  params: ParamsOf<C>
  /** Emits to the source's own topic. */
  emit: TopicEmitter<C['events']>
  signal: AbortSignal
}

/**
 * Returns the topic's current state. The state belongs to the topic and not to a subscriber: clients that
 * subscribe while it loads share it, so there is no `context`.
 *
 * If the state does not fit its schema, or the handler throws or takes longer than the option `snapshotMs`,
 * the waiting subscriptions end with `$error`; clients may subscribe again. `signal` fires when the time is
 * up.
 */
export interface SnapshotHandler<C extends Channel> {
  snapshot(request: { params: ParamsOf<C>; signal: AbortSignal }): SnapshotOf<C> | Promise<SnapshotOf<C>>
}

type ChannelHandlerOf<C extends Channel, Context> = ChannelHandler<C, Context> &
  (C['snapshot'] extends Schema ? SnapshotHandler<C> : { snapshot?: never })

/**
 * Creates one of the command's declared errors, to be thrown: `throw fail('muted', { until })`.
 *
 * The answer has the error's name as `code`, and status 422. An error without data takes only its name:
 * `fail('full')`.
 */
export type Fail<Errors> = <Name extends keyof Errors & string>(
  code: Name,
  ...details: IsNothing<Errors[Name]> extends true
    ? [data?: undefined, message?: string]
    : [data: Errors[Name], message?: string]
) => TidingsError<Name, Errors[Name]>

/** The argument of a command's handler. */
export interface CommandRequest<Contract, C extends Command, Context> {
  input: InputOf<C>
  context: Context
  /** The server's own `emit`. */
  emit: Emit<Contract>
  fail: Fail<ErrorsOf<C>>
  /** Fires when the caller leaves before the answer, or the server closes. */
  signal: AbortSignal
}

/** Answers a command: returns its output, or throws. */
export type CommandFunction<Contract, C extends Command, Context> = (
  request: CommandRequest<Contract, C, Context>,
) => OutputOf<C> | Promise<OutputOf<C>>

/** A command's function, with options that override the server's. */
export interface CommandSettings<Contract, C extends Command, Context> {
  run: CommandFunction<Contract, C, Context>
  /**
   * Milliseconds the answer is kept for a retry with the same `Idempotency-Key`.
   *
   * 0 suits a command that only reads: no answer is kept, a retry while it runs on the same node shares the
   * run, and any other retry runs it again.
   *
   * Defaults to the server's `idempotencyMs`.
   */
  idempotencyMs?: number
}

export type CommandHandler<Contract, C extends Command, Context> =
  | CommandFunction<Contract, C, Context>
  | CommandSettings<Contract, C, Context>

/** The argument of a stream's handler. */
export interface StreamRequest<Contract, S extends Stream, Context> {
  input: InputOf<S>
  context: Context
  /**
   * Sends one of the stream's own events, in a handler that is an async function. Await it: it resolves when
   * the client can take more.
   *
   * It rejects with `aborted` once the client has left, and with `closed` once the run is over. If more than
   * 1 MiB is waiting for the client to read, it rejects with `too_large` and the run ends: `signal` fires,
   * and the client receives `$error`. A promise that is not awaited, as in a timer or listener, is safe to
   * ignore.
   *
   * @throws TidingsError `invalid_output` with issues if the payload does not fit
   */
  emit: { readonly [Name in keyof EventsOf<S>]: EmitEvent<EventsOf<S>[Name]> }
  /** The server's own `emit`, which emits to channels. */
  broadcast: Emit<Contract>
  fail: Fail<ErrorsOf<S>>
  /**
   * Fires when the caller leaves, reads too slowly for events emitted without awaiting, or the server closes.
   */
  signal: AbortSignal
}

/** The events a generator yields, discriminated by `type`. An event without data may omit `data`. */
export type Yielded<Events> = {
  [Name in keyof Events]: IsNothing<Events[Name]> extends true
    ? { type: Name; data?: undefined }
    : { type: Name; data: Events[Name] }
}[keyof Events]

/**
 * An async generator that yields events and returns the output, or an async function that uses its `emit`.
 */
export type StreamHandler<Contract, S extends Stream, Context> = (
  request: StreamRequest<Contract, S, Context>,
) => AsyncGenerator<Yielded<EventsOf<S>>, OutputOf<S>, void> | Promise<OutputOf<S>>

type HandlerOf<Contract, P extends Procedure, Context> =
  P extends Channel<Schemas, DataSchemas>
    ? ChannelHandlerOf<P, Context>
    : P extends Command
      ? CommandHandler<Contract, P, Context>
      : P extends Stream
        ? StreamHandler<Contract, P, Context>
        : never

/**
 * Names of members that need a handler: commands, streams, channels with a snapshot, and groups with one of
 * these.
 */
type NeedsHandler<Group> = {
  [Name in keyof Group]: Group[Name] extends Channel<Schemas, DataSchemas, infer Snapshot>
    ? Snapshot extends Schema
      ? Name
      : never
    : Group[Name] extends Procedure
      ? Name
      : [NeedsHandler<Group[Name]>] extends [never]
        ? never
        : Name
}[keyof Group]

/** The names of a group's members as keys: required where a handler is, and optional elsewhere. */
type HandlerKeys<Group> = {
  [Name in keyof Group as Name extends NeedsHandler<Group> ? Name : never]: unknown
} & {
  [Name in keyof Group as Name extends NeedsHandler<Group> ? never : Name]?: unknown
}

// One mapped type, without an `as` clause: TypeScript 5.5 and 5.6 infer a handler's parameters through nothing else.
type HandlersOf<Contract, Group, Context> = {
  [Name in keyof HandlerKeys<Group>]: MemberHandler<Contract, Group[Name & keyof Group], Context>
}

type MemberHandler<Contract, Member, Context> = Member extends Procedure
  ? HandlerOf<Contract, Member, Context>
  : HandlersOf<Contract, Member, Context>

/** The handlers of a contract, in the contract's own shape. */
export type Handlers<Contract, Context> = HandlersOf<Contract, Contract, Context>
