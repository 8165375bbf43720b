import type {
  Channel,
  Command,
  ErrorsOf,
  EventsOf,
  EventUnion,
  FailureUnion,
  GivenInputOf,
  GivenParamsOf,
  IsOmittable,
  OutputOf,
  Seed,
  SnapshotOf,
  Stream,
  TidingsError,
} from '@tidings/core'
import type { ConnectionState } from '../connection/connection-state.js'
import type { Subscription, Unsubscribe } from '../disposable.js'
import type { Gap } from '../topics/subscriber.js'
import type { Disposes } from './disposable.js'

/** Options to end an operation early. */
export interface SignalOptions {
  /** Ends the operation when it fires. */
  signal?: AbortSignal
}

/** Options of a command call. */
export interface CallOptions extends SignalOptions {
  /**
   * Milliseconds the command may take with all its attempts before it fails with `timeout`. Defaults to the
   * client's.
   */
  timeoutMs?: number
}

/** The iterator of a loop over a topic, which can be ended from outside the loop. */
// Not `AsyncIterableIterator<Event, undefined>`: before TypeScript 5.6 that takes one type argument.
export interface TopicEvents<Events, Snapshot = never>
  extends AsyncIterator<TopicEvent<Events, Snapshot>, undefined>,
    Disposes {
  [Symbol.asyncIterator](): TopicEvents<Events, Snapshot>
}

/** The handlers of a subscription, for its events, snapshots, gaps and errors. All are optional. */
export type SubscriptionHandlers<Events, Snapshot = never> = {
  [Name in keyof Events]?: (payload: Events[Name]) => void
} & SignalHandlers &
  ([Snapshot] extends [never] ? { snapshot?: never } : SnapshotHandlers<Snapshot>)

/** The consequence of a refusal for a subscription. */
export interface Failure {
  /**
   * Whether the subscription has ended. Otherwise the client retries, and announces missed events as a gap.
   */
  readonly isFinal: boolean
}

interface SignalHandlers {
  /**
   * Called when events were missed. The subscription continues, with a fresh snapshot if the channel has one.
   */
  gap?: (gap: Gap) => void
  /**
   * Called when the server refuses the topic: permanently, which ends the subscription, or temporarily, after
   * which the client retries. Without it, the client's `onError` is called.
   */
  error?: (problem: TidingsError, about: Failure) => void
}

interface SnapshotHandlers<Snapshot> {
  /** Called with the topic's state, first and after each gap. Later events follow it. */
  snapshot?: (state: Snapshot) => void
}

/** The events that a loop over a topic yields, discriminated by `type`. */
export type TopicEvent<Events, Snapshot = never> = EventUnion<
  Events & { gap: Gap } & ([Snapshot] extends [never] ? unknown : { snapshot: Snapshot })
>

/** Options to fold a topic into a value that does not start from its snapshot. */
export interface StateOptions<State> extends SignalOptions {
  /** The value before the first event. For a topic, `undefined` means that there is none. */
  initial: State
}

/** Options to fold a topic that has a snapshot. */
export interface SeedOptions<Snapshot> {
  /**
   * The state that the server has rendered: what `tidings.snapshot` or `parseSeed` returned. The value stands at once
   * and is current, and the subscription continues from the seed's cursor, without another snapshot.
   *
   * If the server no longer keeps the events after the cursor, a gap and a snapshot follow. The value is not checked
   * against the contract again: `parseSeed` has done that.
   */
  seed?: Seed<Snapshot> | undefined
}

/**
 * A topic folded into one value that is kept up to date while it is observed.
 *
 * It subscribes to nothing when it is made, so that it can be made while rendering. The first observer, or a read of
 * `ready`, starts the subscription. It ends when the last observer leaves and no other comes in the same turn of the
 * event loop. The value stays, and for the next observer the subscription continues from it, without another snapshot
 * if the topic's history reaches back to it. After a refusal, the next observer subscribes again.
 */
export interface TopicState<State, Before = never> extends Disposes {
  /** The newest value, identical until it changes. Without `initial`, undefined before the first snapshot. */
  readonly value: State | Before
  /**
   * Whether the value includes every event so far. It is false before the first snapshot, from a gap until the next
   * snapshot, after a refusal, and once the state or the client is closed. A channel without a snapshot cannot recover
   * from a gap: there it stays true.
   *
   * It also stays true while the connection is lost, since nothing has been missed yet (see `client.connection` for
   * that), and while the state has no observers.
   */
  readonly isCurrent: boolean
  /**
   * Why the server refused the topic, permanently or for now, or `closed` once the client is. Undefined when the topic is
   * live again.
   */
  readonly error: TidingsError | undefined
  /**
   * Calls the handler with the value: at once, and whenever `value`, `isCurrent` or `error` changes, once for all events
   * that arrive together. Returns the unsubscribe function. This is the contract of a Svelte store.
   *
   * @throws TidingsError `closed` if the client is
   */
  subscribe(run: (value: State | Before) => void): Unsubscribe
  /**
   * Calls the handler when `value` or `isCurrent` changes: once for all events that arrive together, with the
   * newest value. With the browser's own `EventSource`, events arrive one by one.
   *
   * @throws TidingsError `closed` if the client is
   */
  on(event: 'change', handler: (value: State) => void, options?: SignalOptions): Unsubscribe
  /**
   * Resolves when the topic is live, and rejects if it ends first. It is safe to ignore. See `Subscription`. Reading it
   * starts the subscription, which then continues until an observer has come and left, or the state is closed.
   */
  readonly ready: Promise<void>
  /**
   * Calls the handler when the server refuses the topic: permanently, which ends the subscription, or temporarily.
   * Without a handler, the client's `onError` is called.
   *
   * @throws TidingsError `closed` if the client is
   */
  on(
    event: 'error',
    handler: (problem: TidingsError, about: Failure) => void,
    options?: SignalOptions,
  ): Unsubscribe
  /** Ends the state for good: no handler is called afterwards. Closing again has no effect. */
  close(): void
}

/** Folds a topic into any value. */
export interface FoldTopic<Happenings> {
  /**
   * Keeps one value up to date by folding everything that a loop over the topic would yield: events, gaps
   * and, if the channel has one, the snapshot. It starts from `initial`, which sets the value's type.
   *
   * The reducer returns the next value and must not modify the last one; returning the last value means no
   * change. If it throws, the error is reported like any handler's, and the value stays.
   */
  // biome-ignore lint/style/useShorthandFunctionType: editors show the docstring of a call signature.
  <State>(
    reducer: (state: State, event: EventUnion<Happenings>) => State,
    options: StateOptions<State>,
  ): TopicState<State>
}

/** Folds a topic into its snapshot, or into any value. */
export interface FoldSnapshot<Snapshot, Events> {
  /**
   * Keeps the topic's snapshot up to date: folds each event into it, and replaces it with the fresh snapshot
   * after a gap. It begins with the seed's value.
   *
   * The reducer returns the next value and must not modify the last one; returning the last value means no
   * change. If it throws, the error is reported like any handler's, and the value stays.
   *
   * @throws TidingsError `invalid_options` for a seed whose cursor is not a position
   */
  (
    reducer: (state: Snapshot, event: EventUnion<Events>) => Snapshot,
    options: SignalOptions & { seed: Seed<Snapshot>; initial?: never },
  ): TopicState<Snapshot>
  /**
   * Keeps the topic's snapshot up to date: folds each event into it, and replaces it with the fresh snapshot
   * after a gap. The value is undefined before the first snapshot, unless there is a `seed`. For a value of another
   * type, give `initial`.
   *
   * The reducer returns the next value and must not modify the last one; returning the last value means no
   * change. If it throws, the error is reported like any handler's, and the value stays.
   *
   * @throws TidingsError `invalid_options` for a seed whose cursor is not a position
   */
  (
    reducer: (state: Snapshot, event: EventUnion<Events>) => Snapshot,
    options?: SignalOptions & SeedOptions<Snapshot> & { initial?: never },
  ): TopicState<Snapshot, undefined>
  /**
   * Keeps one value up to date by folding everything that a loop over the topic would yield: events, gaps and the
   * snapshot, or the `seed` in its place. It starts from `initial`, which sets the value's type.
   *
   * The reducer returns the next value and must not modify the last one; returning the last value means no
   * change. If it throws, the error is reported like any handler's, and the value stays.
   *
   * @throws TidingsError `invalid_options` for a seed whose cursor is not a position
   */
  <State>(
    reducer: (state: State, event: EventUnion<Events & { snapshot: Snapshot; gap: Gap }>) => State,
    options: StateOptions<State> & SeedOptions<Snapshot>,
  ): TopicState<State>
}

/**
 * One topic of a channel. It does nothing until the first subscription.
 *
 * Loop over it with `for await (const event of room)`. Each loop is its own subscription, which starts and
 * ends with the loop. A loop that falls more than 4,096 events behind gets a `gap` with reason `overflow`.
 */
export interface Topic<Events, Snapshot = never> extends AsyncIterable<TopicEvent<Events, Snapshot>> {
  /**
   * Identifies the topic among those of its client: `chat/room?roomId=lobby`. Topics of one channel with equal params
   * have equal keys, whichever defaults were left out.
   */
  readonly key: string
  /**
   * Subscribes with a handler for each event of interest.
   *
   * @throws TidingsError `closed` if the client is
   */
  subscribe(handlers: SubscriptionHandlers<Events, Snapshot>, options?: SignalOptions): Subscription
  /**
   * Subscribes to one event.
   *
   * @throws TidingsError `closed` if the client is
   */
  on<Name extends keyof Events>(
    event: Name,
    handler: (payload: Events[Name]) => void,
    options?: SignalOptions,
  ): Subscription
  /**
   * Loops with a signal, which ends the loop without an error:
   * `for await (const event of room.events({ signal }))`.
   */
  events(options?: SignalOptions): TopicEvents<Events, Snapshot>
  /** Folds the topic into one value that is kept up to date. */
  readonly state: [Snapshot] extends [never]
    ? FoldTopic<Events & { gap: Gap }>
    : FoldSnapshot<Snapshot, Events>
}

/** The topic of a channel of the contract: `TopicOf<typeof contract.room>`. */
export type TopicOf<C> = C extends Channel ? Topic<EventsOf<C>, SnapshotOf<C>> : never

/** The events that a loop over a topic of a channel yields: `TopicEventOf<typeof contract.room>`. */
export type TopicEventOf<C> = C extends Channel ? TopicEvent<EventsOf<C>, SnapshotOf<C>> : never

/** Selects a topic by the channel's params. They may be omitted if none is required. */
export type ChannelClient<Params, Events, Snapshot = never> =
  Params extends Record<string, never>
    ? () => Topic<Events, Snapshot>
    : IsOmittable<Params> extends true
      ? (params?: Params) => Topic<Events, Snapshot>
      : (params: Params) => Topic<Events, Snapshot>

/** A procedure that is called. */
interface Callable<Errors> {
  /** The procedure's path in the contract: `chat/send`. */
  readonly path: string
  /** Whether a caught error is one that calling the procedure can fail with, so that `code` types `data`. */
  isError(error: unknown): error is FailureUnion<Errors>
}

/**
 * Calls a command. Rejects with a `TidingsError`, which `isError` types.
 *
 * If the network fails, the command is sent again with the same idempotency key, up to three times within its
 * time. The server does not run it again, but returns the first answer.
 */
export type CommandClient<Input, Output, Errors> = Callable<Errors> &
  (IsVoid<Input> extends true
    ? (options?: CallOptions) => Promise<Output>
    : IsOmittable<Input> extends true
      ? (input?: Input, options?: CallOptions) => Promise<Output>
      : (input: Input, options?: CallOptions) => Promise<Output>)

/**
 * A run of a stream: one call of it, which outlives the connection. A lost connection is replaced, and the run
 * continues after the last event. Iterate it for its events, then await its output.
 *
 * Each loop and state receives every event once, from the beginning. A loop that is slower than the run holds the
 * run's handler back. Failures are thrown in loops and reject `output`.
 *
 * Leaving the loop, `using` and the signal detach from the run. A run without readers ends on the server: at once if
 * the last one has detached, and otherwise after the `lingerMs` of the stream's handler.
 */
export interface Run<Events, Output> extends AsyncIterable<EventUnion<Events>>, Disposes {
  /**
   * Identifies the run, from the moment of the call: store it, and attach to the run with it after a reload, or from
   * another tab or device. Unless the server authorizes otherwise, any caller with the id of an anonymous
   * caller's run can read it.
   */
  readonly id: string
  /** Resolves with the output when the run is over. Without a loop or state, the events are dropped. */
  readonly output: Promise<Output>
  /**
   * Ends the run on the server, for every reader: loops and `output` fail with `cancelled`. Resolves when the server
   * has ended it, also if it was over already.
   */
  cancel(): Promise<void>
  /**
   * Keeps one value up to date by folding the events into it. It starts from `initial`, which sets the value's type.
   *
   * The reducer returns the next value and must not modify the last one; returning the last value means no change. If
   * it throws, the error is reported to the client's `onError`, and the value stays.
   */
  state<State>(
    reducer: (state: State, event: EventUnion<Events>) => State,
    options: StateOptions<State>,
  ): RunState<State, Output>
}

/**
 * A run folded into one value that is kept up to date while it is observed. Its end stays readable.
 *
 * It reads nothing when it is made. The first observer starts the reading, from the beginning of the run. When the last
 * observer leaves and no other comes in the same turn of the event loop, the state detaches from the run, which may end
 * it on the server. For the next observer, the reading continues from the value.
 */
export interface RunState<State, Output> extends Disposes {
  /** The newest value, identical until it changes. */
  readonly value: State
  /** `running` until the run has its output (`done`), has failed, or is detached from (`failed`). */
  readonly status: 'running' | 'done' | 'failed'
  /** The output, once the status is `done`. */
  readonly output: Output | undefined
  /** Why the run failed, once the status is `failed`. */
  readonly error: TidingsError | undefined
  /**
   * Calls the handler with the value: at once, and whenever `value` or `status` changes, once for all events that arrive
   * together. Returns the unsubscribe function. This is the contract of a Svelte store.
   */
  subscribe(run: (value: State) => void): Unsubscribe
  /**
   * Calls the handler when `value` or `status` changes: once for all events that arrive together, with the newest
   * value.
   */
  on(event: 'change', handler: (value: State) => void, options?: SignalOptions): Unsubscribe
  /**
   * Ends the state for good: no handler is called afterwards. The last one of a run's states and loops detaches from the
   * run.
   */
  close(): void
}

/** The run of a stream of the contract: `RunOf<typeof contract.complete>`. */
export type RunOf<S> = S extends Stream ? Run<EventsOf<S>, OutputOf<S>> : never

interface Attachable<Events, Output> {
  /**
   * Attaches to a run by its id: from the beginning, then live. Makes no request until the run is read. Until some time after its end, the `keepMs` of the
   * stream's handler, a run can still be read. Fails with `not_found` if the server does not have the run.
   */
  attach(id: string, options?: SignalOptions): Run<Events, Output>
}

/**
 * Calls a stream. The request is sent immediately. If the network fails, it is sent again with the same id, within
 * the client's `timeoutMs`: the server starts one run.
 */
export type StreamClient<Input, Events, Output, Errors> = Callable<Errors> &
  Attachable<Events, Output> &
  (IsVoid<Input> extends true
    ? (options?: SignalOptions) => Run<Events, Output>
    : IsOmittable<Input> extends true
      ? (input?: Input, options?: SignalOptions) => Run<Events, Output>
      : (input: Input, options?: SignalOptions) => Run<Events, Output>)

/** The input of a command or stream, for functions that take it as one argument. */
export type VariablesOf<Input> =
  IsVoid<Input> extends true
    ? // biome-ignore lint/suspicious/noConfusingVoidType: an argument of this type can be left out.
      void
    : IsOmittable<Input> extends true
      ? // biome-ignore lint/suspicious/noConfusingVoidType: an argument of this type can be left out.
        Input | void
      : Input

/** Whether a procedure takes no input. */
// biome-ignore lint/suspicious/noConfusingVoidType: it stands for what a function without an argument takes.
type IsVoid<Input> = unknown extends Input ? false : [void] extends [Input] ? true : false

/** The connection that carries the client's subscriptions. */
export interface Connection {
  readonly state: ConnectionState
  /** Calls the handler on each change of state. */
  on(event: 'change', handler: (state: ConnectionState) => void, options?: SignalOptions): Unsubscribe
}

// With `& {}`, editors show the procedures of a group and not the contract.
type ProceduresOf<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends Channel
    ? ChannelClient<GivenParamsOf<Group[Name]>, EventsOf<Group[Name]>, SnapshotOf<Group[Name]>>
    : Group[Name] extends Command
      ? CommandClient<GivenInputOf<Group[Name]>, OutputOf<Group[Name]>, ErrorsOf<Group[Name]>>
      : Group[Name] extends Stream
        ? StreamClient<
            GivenInputOf<Group[Name]>,
            EventsOf<Group[Name]>,
            OutputOf<Group[Name]>,
            ErrorsOf<Group[Name]>
          >
        : ProceduresOf<Group[Name]>
} & {}

/** The client of a contract, in the contract's own shape. */
export type Client<Contract> = ProceduresOf<Contract> &
  Disposes & {
    readonly connection: Connection
    /**
     * Replaces the connection now and reads `headers` again: call it when the user signs in or out. Each
     * topic resumes from its cursor. With `share`, the tab that holds the connection does this for all tabs.
     *
     * Does nothing without a connection. A second call within a second takes effect when the second is over.
     */
    reconnect(): void
    /**
     * Ends every subscription, loop and call, and the reading of every run, which the server ends after the `lingerMs`
     * of its handler. Closing again has no effect.
     */
    close(): void
  }
