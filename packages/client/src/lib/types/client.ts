import type {
  Channel,
  Command,
  EventsOf,
  EventUnion,
  FailureOf,
  GivenInputOf,
  GivenParamsOf,
  IsOmittable,
  OutputOf,
  SnapshotOf,
  Stream,
  TidingsError,
} from '@tidings/core'
import type { ConnectionState } from '../connection-state.js'
import type { Subscription, Unsubscribe } from '../disposable.js'
import type { Gap } from '../subscriber.js'
import type { Disposes } from './disposable.js'

/** What may end something early. */
export interface SignalOptions {
  /** Ends it when it fires. */
  signal?: AbortSignal
}

/** What may end a command early. */
export interface CallOptions extends SignalOptions {
  /** How long it may take, with all its attempts, in milliseconds; then it fails with `timeout`. Defaults to the client's. */
  timeoutMs?: number
}

/** A loop over a topic that can be ended from outside of it. */
// Not `AsyncIterableIterator<Event, undefined>`: before TypeScript 5.6 that takes one type argument.
export interface TopicEvents<C extends Channel> extends AsyncIterator<TopicEvent<C>, undefined>, Disposes {
  [Symbol.asyncIterator](): TopicEvents<C>
}

/** The handlers of a subscription: one for each event, and for what else may happen to it. Each may be left out. */
export type SubscriptionHandlers<C extends Channel> = {
  [Name in keyof EventsOf<C>]?: (payload: EventsOf<C>[Name]) => void
} & SignalHandlers &
  ([SnapshotOf<C>] extends [never] ? { snapshot?: never } : SnapshotHandlers<SnapshotOf<C>>)

/** What a refusal means for a subscription. */
export interface Failure {
  /** Whether nothing follows. Otherwise the server is asked again by itself, and what was missed is announced as a gap. */
  readonly isFinal: boolean
}

interface SignalHandlers {
  /** Events were missed, and the subscription goes on; where the channel has a snapshot, a fresh one follows. */
  gap?: (gap: Gap) => void
  /**
   * The server refused the topic: for good, which ends the subscription, or for now, so that it is asked again. Left out,
   * the client's `onError` is told.
   */
  error?: (problem: TidingsError, about: Failure) => void
}

interface SnapshotHandlers<Snapshot> {
  /** The topic's state, at the beginning and after each gap; events that follow come after it. */
  snapshot?: (state: Snapshot) => void
}

/** What a loop over a topic yields, told apart by `type`. */
export type TopicEvent<C extends Channel> =
  | EventUnion<EventsOf<C>>
  | { type: 'gap'; data: Gap }
  | ([SnapshotOf<C>] extends [never] ? never : { type: 'snapshot'; data: SnapshotOf<C> })

/** How a topic is folded into a value that does not begin with its snapshot. */
export interface StateOptions<State> extends SignalOptions {
  /** The value before anything has happened. */
  initial: State
}

/**
 * A topic, folded into one value that is kept up to date.
 *
 * It begins when it is made and ends with `close`, `using`, its signal or the client; the value stays what it was then.
 */
export interface TopicState<State, Before = never> extends Disposes {
  /** The newest value, and the same one until it changes; undefined before the first snapshot, without an `initial`. */
  readonly value: State | Before
  /**
   * Whether the value is made of everything that came. It is not before the first snapshot, from a gap to the snapshot
   * that heals it, and after the end. Without a snapshot there is no healing a gap: then it is false only after the end.
   *
   * While the connection is lost it stays true: nothing has been missed yet. `client.connection` tells of that.
   */
  readonly isCurrent: boolean
  /**
   * Calls back when `value` or `isCurrent` has changed: once for all that came together, with the newest value. With the
   * browser's own `EventSource`, events come one by one.
   */
  on(event: 'change', handler: (value: State) => void, options?: SignalOptions): Unsubscribe
  /** Resolves when the topic is live, and rejects when it is ended before; it is safe to ignore. See `Subscription`. */
  readonly ready: Promise<void>
  /**
   * Calls back when the server refuses the topic: for good, which ends the state, or for now. Without one, the client's
   * `onError` is told.
   */
  on(
    event: 'error',
    handler: (problem: TidingsError, about: Failure) => void,
    options?: SignalOptions,
  ): Unsubscribe
  /** Ends it: nobody is called back any more. Closing twice is closing once. */
  close(): void
}

/** `EventUnion`, which editors show as its members: it is computed in here, where its own name does not stick to it. */
type ShownUnion<Events> = [
  { [Name in keyof Events]: { type: Name; data: Events[Name] } }[keyof Events],
] extends [infer Union]
  ? Union
  : never

/** Folds a topic into any value. */
export interface FoldTopic<Happenings> {
  /**
   * Keeps one value up to date, folding all that a loop over the topic would yield: events, gaps and, where the channel
   * has one, the snapshot. It begins with `initial`, whose type is the value's.
   *
   * The reducer returns the next value and leaves the last one as it is; to return the last one is to change nothing.
   * If it throws, that is reported as of any handler, and the value stays.
   *
   * @throws TidingsError `closed` if the client is
   */
  // biome-ignore lint/style/useShorthandFunctionType: editors show the docstring of a call signature.
  <State>(
    reducer: (state: State, event: ShownUnion<Happenings>) => State,
    options: StateOptions<State>,
  ): TopicState<State>
}

/** Folds a topic into its snapshot, or into any value. */
export interface FoldSnapshot<Snapshot, Events> extends FoldTopic<Events & { snapshot: Snapshot; gap: Gap }> {
  /**
   * Keeps the topic's snapshot up to date: each event is folded into it, and a fresh snapshot, after a gap, replaces it.
   * Before the first one the value is undefined. For a value of another type, give `initial`.
   *
   * The reducer returns the next value and leaves the last one as it is; to return the last one is to change nothing.
   * If it throws, that is reported as of any handler, and the value stays.
   *
   * @throws TidingsError `closed` if the client is
   */
  (
    reducer: (state: Snapshot, event: ShownUnion<Events>) => Snapshot,
    options?: SignalOptions & { initial?: never },
  ): TopicState<Snapshot, undefined>
}

/**
 * One topic of a channel. Nothing happens before it is subscribed to.
 *
 * It can be looped over: `for await (const event of room)`. The loop is a subscription of its own that begins with it
 * and ends when it is left. A loop that lies more than 4,096 events behind gets a `gap` with reason `overflow`.
 */
export interface Topic<C extends Channel> extends AsyncIterable<TopicEvent<C>> {
  /**
   * Subscribes with a handler for each event that matters.
   *
   * @throws TidingsError `closed` if the client is
   */
  subscribe(handlers: SubscriptionHandlers<C>, options?: SignalOptions): Subscription
  /**
   * Subscribes to one event.
   *
   * @throws TidingsError `closed` if the client is
   */
  on<Name extends keyof EventsOf<C>>(
    event: Name,
    handler: (payload: EventsOf<C>[Name]) => void,
    options?: SignalOptions,
  ): Subscription
  /** The loop with a signal, which ends it quietly: `for await (const event of room.events({ signal }))`. */
  events(options?: SignalOptions): TopicEvents<C>
  /** Folds the topic into one value that is kept up to date. */
  readonly state: [SnapshotOf<C>] extends [never]
    ? FoldTopic<EventsOf<C> & { gap: Gap }>
    : FoldSnapshot<SnapshotOf<C>, EventsOf<C>>
}

/** Names a topic: with the channel's params, or with nothing if it has none, or none that must be given. */
export type ChannelClient<C extends Channel> = keyof C['params'] extends never
  ? () => Topic<C>
  : IsOmittable<GivenParamsOf<C>> extends true
    ? (params?: GivenParamsOf<C>) => Topic<C>
    : (params: GivenParamsOf<C>) => Topic<C>

/** Tells whether what was caught is what calling the procedure can fail with, so that `code` types `data`. */
interface Fallible<P> {
  isError(error: unknown): error is FailureOf<P>
}

/**
 * Calls a command. Rejects with a `TidingsError`, which `isError` types.
 *
 * When the network fails it is sent again, up to three times within its time, with one idempotency key: the server
 * does not run it again, but gives the first one's answer.
 */
export type CommandClient<C extends Command> = Fallible<C> &
  (C['input'] extends undefined
    ? (options?: CallOptions) => Promise<OutputOf<C>>
    : IsOmittable<GivenInputOf<C>> extends true
      ? (input?: GivenInputOf<C>, options?: CallOptions) => Promise<OutputOf<C>>
      : (input: GivenInputOf<C>, options?: CallOptions) => Promise<OutputOf<C>>)

/**
 * A stream that was called: its events by iterating, once, and then its output.
 *
 * Leaving the loop, `dispose` and the call's signal end it, and the server is told. Failures are thrown in the loop and
 * reject `output`.
 */
export interface Run<S extends Stream> extends AsyncIterable<EventUnion<EventsOf<S>>>, Disposes {
  /** The output, when the run is over. If nobody iterates, the events are read and dropped. */
  readonly output: Promise<OutputOf<S>>
}

/** Calls a stream. The request is made at once. */
export type StreamClient<S extends Stream> = Fallible<S> &
  (S['input'] extends undefined
    ? (options?: SignalOptions) => Run<S>
    : IsOmittable<GivenInputOf<S>> extends true
      ? (input?: GivenInputOf<S>, options?: SignalOptions) => Run<S>
      : (input: GivenInputOf<S>, options?: SignalOptions) => Run<S>)

/** The connection that carries the client's subscriptions. */
export interface Connection {
  readonly state: ConnectionState
  /** Calls back on each change of state. */
  on(event: 'change', handler: (state: ConnectionState) => void, options?: SignalOptions): Unsubscribe
}

type ProceduresOf<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends Channel
    ? ChannelClient<Group[Name]>
    : Group[Name] extends Command
      ? CommandClient<Group[Name]>
      : Group[Name] extends Stream
        ? StreamClient<Group[Name]>
        : ProceduresOf<Group[Name]>
}

/** The client of a contract, in the contract's own shape. */
export type Client<Contract> = ProceduresOf<Contract> &
  Disposes & {
    readonly connection: Connection
    /**
     * Makes another connection now, with `headers` that are asked for again: when the user signs in or out. Each topic goes on
     * from its cursor. With `share`, the tab that holds the connection does it, for all tabs.
     *
     * Without a connection it does nothing. Called again within a second, it is done again when the second is over.
     */
    reconnect(): void
    /** Ends every subscription, loop, call and run. Closing twice is closing once. */
    close(): void
  }
