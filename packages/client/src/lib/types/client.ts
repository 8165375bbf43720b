import type {
  Channel,
  Command,
  EventsOf,
  EventUnion,
  FailureOf,
  InputOf,
  OutputOf,
  ParamsOf,
  SnapshotOf,
  Stream,
  TidingsError,
} from '@tidings/core'
import type { ConnectionState } from '../connection-state.js'
import type { Unsubscribe } from '../disposable.js'
import type { Gap } from '../subscriber.js'

/** What may end something early. */
export interface SignalOptions {
  /** Ends it when it fires. */
  signal?: AbortSignal
}

/** The handlers of a subscription: one for each event, and for what else may happen to it. Each may be left out. */
export type SubscriptionHandlers<C extends Channel> = {
  [Name in keyof EventsOf<C>]?: (payload: EventsOf<C>[Name]) => void
} & SignalHandlers &
  ([SnapshotOf<C>] extends [never] ? { snapshot?: never } : SnapshotHandlers<SnapshotOf<C>>)

interface SignalHandlers {
  /** Events were missed, and the subscription goes on; where the channel has a snapshot, a fresh one follows. */
  gap?: (gap: Gap) => void
  /** The server refused the topic, which ends the subscription. Left out, the client's `onError` is told. */
  error?: (problem: TidingsError) => void
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
  subscribe(handlers: SubscriptionHandlers<C>, options?: SignalOptions): Unsubscribe
  /**
   * Subscribes to one event.
   *
   * @throws TidingsError `closed` if the client is
   */
  on<Name extends keyof EventsOf<C>>(
    event: Name,
    handler: (payload: EventsOf<C>[Name]) => void,
    options?: SignalOptions,
  ): Unsubscribe
  /** The loop with a signal, which ends it quietly: `for await (const event of room.events({ signal }))`. */
  events(options?: SignalOptions): AsyncIterableIterator<TopicEvent<C>, undefined> & Disposable
}

/** Names a topic: with the channel's params, or with nothing if it has none. */
export type ChannelClient<C extends Channel> = keyof C['params'] extends never
  ? () => Topic<C>
  : (params: ParamsOf<C>) => Topic<C>

/** Tells whether what was caught is what calling the procedure can fail with, so that `code` types `data`. */
interface Fallible<P> {
  isError(error: unknown): error is FailureOf<P>
}

/** Calls a command. Rejects with a `TidingsError`, which `isError` types. */
export type CommandClient<C extends Command> = Fallible<C> &
  (C['input'] extends undefined
    ? (options?: SignalOptions) => Promise<OutputOf<C>>
    : (input: InputOf<C>, options?: SignalOptions) => Promise<OutputOf<C>>)

/**
 * A stream that was called: its events by iterating, once, and then its output.
 *
 * Leaving the loop, `dispose` and the call's signal end it, and the server is told. Failures are thrown in the loop and
 * reject `output`.
 */
export interface Run<S extends Stream> extends AsyncIterable<EventUnion<EventsOf<S>>>, Disposable {
  /** The output, when the run is over. If nobody iterates, the events are read and dropped. */
  readonly output: Promise<OutputOf<S>>
}

/** Calls a stream. The request is made at once. */
export type StreamClient<S extends Stream> = Fallible<S> &
  (S['input'] extends undefined
    ? (options?: SignalOptions) => Run<S>
    : (input: InputOf<S>, options?: SignalOptions) => Run<S>)

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
  Disposable & {
    readonly connection: Connection
    /** Ends every subscription, loop, call and run. Closing twice is closing once. */
    close(): void
  }
