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

/** What a channel's handler may have beside `snapshot`, all of it optional. */
export interface ChannelSettings<Params, Events, Context> {
  /**
   * Whether a client may subscribe to the topic. `false` is answered with 403 `forbidden`; to give a reason,
   * throw a `TidingsError`. Without this handler, every client may subscribe.
   */
  authorize?(request: { params: Params; context: Context }): boolean | Promise<boolean>
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
  source?(request: SourceRequest<Params, Events>): void | Promise<void>
}

/** The argument of a channel's source. */
export interface SourceRequest<Params, Events> {
  params: Params
  /** Emits to the source's own topic. */
  emit: TopicEmitter<Events>
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
export interface SnapshotHandler<Params, Snapshot> {
  snapshot(request: { params: Params; signal: AbortSignal }): Snapshot | Promise<Snapshot>
}

/** The handlers of one channel. Only `snapshot` is required, if the channel has one. */
export type ChannelHandler<Params, Events, Snapshot, Context> = ChannelSettings<Params, Events, Context> &
  ([Snapshot] extends [never] ? { snapshot?: never } : SnapshotHandler<Params, Snapshot>)

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
export interface CommandRequest<Input, Errors, Context, Emitters> {
  input: Input
  context: Context
  /** The server's own `emit`. */
  emit: Emitters
  fail: Fail<Errors>
  /** Fires when the caller leaves before the answer, or the server closes. */
  signal: AbortSignal
}

/** Answers a command: returns its output, or throws. */
export type CommandFunction<Input, Output, Errors, Context, Emitters> = (
  request: CommandRequest<Input, Errors, Context, Emitters>,
) => Output | Promise<Output>

/** A command's function, with options that override the server's. */
export interface CommandSettings<Input, Output, Errors, Context, Emitters> {
  run: CommandFunction<Input, Output, Errors, Context, Emitters>
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

// `Emitters`, which grows with the contract, is the last argument here and below: editors cut long hovers at the end.
export type CommandHandler<Input, Output, Errors, Context, Emitters> =
  | CommandFunction<Input, Output, Errors, Context, Emitters>
  | CommandSettings<Input, Output, Errors, Context, Emitters>

/** The argument of a stream's handler. */
export interface StreamRequest<Input, Events, Errors, Context, Emitters> {
  /**
   * The id of the run, with which clients read and cancel it: to store as the active run of a conversation, or to
   * announce in a channel.
   */
  id: string
  input: Input
  context: Context
  /**
   * Sends one of the stream's own events, in a handler that is an async function. Await it: it resolves when
   * the fastest reader can take more; while the run has no reader, at once.
   *
   * It rejects with `aborted` once the run was cancelled or its last reader has left, and with `closed` once the
   * run is over. If emits that are not awaited exceed `maxBytes` by 1 MiB, it rejects with `too_large` and the run
   * ends: `signal` fires, and readers receive `$error`. A promise that is not awaited, as in a timer or listener,
   * is safe to ignore.
   *
   * @throws TidingsError `invalid_output` with issues if the payload does not fit
   */
  emit: { readonly [Name in keyof Events]: EmitEvent<Events[Name]> }
  /** The server's own `emit`, which emits to channels. */
  broadcast: Emitters
  fail: Fail<Errors>
  /**
   * Fires when the run is cancelled, its last reader has left for good, its log is full, or the server closes.
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
export type StreamFunction<Input, Events, Output, Errors, Context, Emitters> = (
  request: StreamRequest<Input, Events, Errors, Context, Emitters>,
) => AsyncGenerator<Yielded<Events>, Output, void> | Promise<Output>

/** A stream's function, with what holds for each of its runs. */
export interface StreamSettings<Input, Events, Output, Errors, Context, Emitters> {
  run: StreamFunction<Input, Events, Output, Errors, Context, Emitters>
  /**
   * Whether a caller may read or cancel a run. `false` is answered with 403 `forbidden`. `startedBy` is the
   * principal that started it.
   *
   * Defaults to the same principal; if the run was started without one, to every caller with its id.
   */
  authorize?(request: { context: Context; startedBy: string | undefined }): boolean | Promise<boolean>
  /**
   * Milliseconds a run continues after its last reader was lost, as by a reload or a dead network, so that it can
   * return. The run ends at once when its last reader leaves on purpose. With `Infinity` it continues in both
   * cases, until its handler is done.
   *
   * Defaults to 5,000.
   */
  lingerMs?: number
  /**
   * Milliseconds the events and the output of a run stay readable after its end.
   *
   * Defaults to 60,000.
   */
  keepMs?: number
  /**
   * The size of a run's log in characters, as it is sent. At the limit, events that the fastest reader has read are
   * dropped, so that the run cannot be read from its beginning any more, and the handler waits for that reader. If
   * the run has no reader and `lingerMs` is `Infinity`, the run ends with `too_large`.
   *
   * Defaults to 4,194,304: 4 MiB.
   */
  maxBytes?: number
}

export type StreamHandler<Input, Events, Output, Errors, Context, Emitters> =
  | StreamFunction<Input, Events, Output, Errors, Context, Emitters>
  | StreamSettings<Input, Events, Output, Errors, Context, Emitters>

type HandlerOf<P extends Procedure, Context, Emitters> =
  P extends Channel<Schemas, DataSchemas>
    ? ChannelHandler<ParamsOf<P>, EventsOf<P>, SnapshotOf<P>, Context>
    : P extends Command
      ? CommandHandler<InputOf<P>, OutputOf<P>, ErrorsOf<P>, Context, Emitters>
      : P extends Stream
        ? StreamHandler<InputOf<P>, EventsOf<P>, OutputOf<P>, ErrorsOf<P>, Context, Emitters>
        : never

/**
 * Names of members that need a handler: commands, streams, channels with a snapshot, and groups with one of
 * these.
 */
export type NeedsHandler<Group> = {
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
// With `& {}`, editors show the handlers of a group and not the contract.
type HandlersOf<Group, Context, Emitters> = {
  [Name in keyof HandlerKeys<Group>]: MemberHandler<Group[Name & keyof Group], Context, Emitters>
} & {}

/** The handlers of a procedure, or of a group in the group's own shape. */
export type MemberHandler<Member, Context, Emitters> = Member extends Procedure
  ? HandlerOf<Member, Context, Emitters>
  : HandlersOf<Member, Context, Emitters>

/** The handlers of a contract, in the contract's own shape. */
export type Handlers<Contract, Context> = HandlersOf<Contract, Context, Emit<Contract>>
