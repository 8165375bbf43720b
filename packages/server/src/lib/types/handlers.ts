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
import type { Delivery } from '../log/log.js'
import type { HistoryOptions } from '../options.js'
import type { Emit, EmitEvent, TopicEmitter } from './emit.js'

/** What the handlers of one channel may be. All of it can be left out. */
export interface ChannelHandler<C extends Channel, Context> {
  /**
   * Whether a client may subscribe to the topic. `false` is answered with 403 `forbidden`; to say more, throw a
   * `TidingsError`. Left out, everyone may.
   */
  authorize?(request: { params: ParamsOf<C>; context: Context }): boolean | Promise<boolean>
  /** How much the logs of this channel keep, where it differs from the server's `history`. */
  history?: HistoryOptions
  /**
   * Which events a subscriber gets. With `latest`, of each kind of event only the newest that it has not seen: for prices,
   * positions, who is typing. What was superseded before it could be written is left out, and is no gap; the log keeps
   * one event of each kind.
   *
   * Defaults to `every`.
   */
  delivery?: Delivery
  /**
   * Feeds a topic while somebody is subscribed to it: polls, listens to a database, follows another feed.
   *
   * It runs once for each topic. It begins with the first subscriber, and `signal` fires `lingerMs` after the last has
   * left, or when the server closes; from then on its `emit` rejects with `aborted`. If it throws, `onError` is told and it is started
   * again, after a wait that grows to 30 s. If it returns, it is done until the topic was without subscribers for
   * `lingerMs`.
   */
  source?(request: SourceRequest<C>): void | Promise<void>
}

/** What a channel's source is called with. */
export interface SourceRequest<C extends Channel> {
  params: ParamsOf<C>
  /** Emits to the topic the source is for. */
  emit: TopicEmitter<C['events']>
  signal: AbortSignal
}

/**
 * Gives the topic's current state. It is the topic's and not the subscriber's: those who subscribe while it is
 * loading share it, so there is no `context`.
 *
 * What does not fit, or is thrown, or takes longer than the option `snapshotMs`, ends the subscriptions that wait for it
 * with `$error`; they may come back. `signal` fires when the time is up.
 */
export interface SnapshotHandler<C extends Channel> {
  snapshot(request: { params: ParamsOf<C>; signal: AbortSignal }): SnapshotOf<C> | Promise<SnapshotOf<C>>
}

type ChannelHandlerOf<C extends Channel, Context> = ChannelHandler<C, Context> &
  (C['snapshot'] extends Schema ? SnapshotHandler<C> : { snapshot?: never })

/**
 * Makes one of the command's declared errors, to be thrown: `throw fail('muted', { until })`.
 *
 * It is answered with its name as `code`, and status 422. An error without data is made with its name alone: `fail('full')`.
 */
export type Fail<Errors> = <Name extends keyof Errors & string>(
  code: Name,
  ...details: IsNothing<Errors[Name]> extends true
    ? [data?: undefined, message?: string]
    : [data: Errors[Name], message?: string]
) => TidingsError<Name, Errors[Name]>

/** What a command's handler is called with. */
export interface CommandRequest<Contract, C extends Command, Context> {
  input: InputOf<C>
  context: Context
  /** The server's own `emit`. */
  emit: Emit<Contract>
  fail: Fail<ErrorsOf<C>>
  /** Fires when the caller leaves before it is answered, or the server closes. */
  signal: AbortSignal
}

/** Answers a command: returns its output, or throws. */
export type CommandFunction<Contract, C extends Command, Context> = (
  request: CommandRequest<Contract, C, Context>,
) => OutputOf<C> | Promise<OutputOf<C>>

/** A command's function, with what differs from the server's options. */
export interface CommandSettings<Contract, C extends Command, Context> {
  run: CommandFunction<Contract, C, Context>
  /**
   * For how many milliseconds the answer is kept for a retry with the same `Idempotency-Key`.
   *
   * 0 suits a command that only reads: nothing is kept, a retry while it runs on the same node shares the run, and any
   * other runs it again.
   *
   * Defaults to the server's `idempotencyMs`.
   */
  idempotencyMs?: number
}

export type CommandHandler<Contract, C extends Command, Context> =
  | CommandFunction<Contract, C, Context>
  | CommandSettings<Contract, C, Context>

/** What a stream's handler is called with. */
export interface StreamRequest<Contract, S extends Stream, Context> {
  input: InputOf<S>
  context: Context
  /**
   * Sends one of the stream's own events, for a handler that is an async function. Await it: it resolves when the
   * client takes more.
   *
   * It rejects with `aborted` once the client has left, and with `closed` once the run is over. Where more than 1 MiB waits
   * for the client to read it, it rejects with `too_large`, and the run ends: `signal` fires, and
   * `$error` tells the client so. A promise that is not awaited, as in a timer or listener, is safe to ignore.
   *
   * @throws TidingsError `invalid_output` with issues if the payload does not fit
   */
  emit: { readonly [Name in keyof EventsOf<S>]: EmitEvent<EventsOf<S>[Name]> }
  /** The server's own `emit`, to tell channels. */
  broadcast: Emit<Contract>
  fail: Fail<ErrorsOf<S>>
  /** Fires when the caller leaves or reads too slowly for what was emitted without waiting, or the server closes. */
  signal: AbortSignal
}

/** Events as a generator yields them, told apart by `type`. The `data` of an event without data may be left out. */
export type Yielded<Events> = {
  [Name in keyof Events]: IsNothing<Events[Name]> extends true
    ? { type: Name; data?: undefined }
    : { type: Name; data: Events[Name] }
}[keyof Events]

/** An async generator that yields events and returns the output, or an async function that uses its `emit`. */
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

/** Names of members that need a handler: commands, streams, channels with a snapshot, and groups with one of these. */
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

/** What a contract's server does, in the contract's own shape. */
export type Handlers<Contract, Context> = HandlersOf<Contract, Contract, Context>
