import type {
  Channel,
  Command,
  ErrorsOf,
  EventsOf,
  GivenParamsOf,
  InputOf,
  IsNothing,
  IsOmittable,
  OutputOf,
  ParamsOf,
  SnapshotOf,
  Stream,
  TidingsError,
} from '@tidings/core'
import type { ServerGapReason } from '@tidings/core/wire'

/** Sends one event. Resolves when the client has passed it on; an event without data takes no argument. */
type Send<Payload> =
  IsNothing<Payload> extends true ? () => Promise<void> : (payload: Payload) => Promise<void>

/**
 * Sends to one topic of the client, what a server would: each event, and `snapshot`, `gap` and `error`.
 *
 * A payload that does not fit the contract throws at the call. The promise waits until the client subscribes to the
 * topic, and rejects if it does not within 4 s.
 */
export type MockTopic<Events, Snapshot> = {
  readonly [Name in keyof Events]: Send<Events[Name]>
} & {
  /** Announces missed events. A channel with a snapshot then waits for one. Defaults to `expired`. */
  gap(reason?: ServerGapReason): Promise<void>
  /**
   * Refuses the topic: for good, or temporarily with a code such as `unavailable`.
   *
   * @throws TypeError for a code that is not one of Tidings' own
   */
  error(problem: TidingsError): Promise<void>
} & ([Snapshot] extends [never]
    ? unknown
    : {
        /**
         * Sends the topic's state: at its begin, after a gap, or for a subscriber that joins later. Otherwise rejects,
         * since a server sends none then.
         */
        snapshot(state: Snapshot): Promise<void>
      })

/** Creates one of a procedure's declared errors. */
export type MockFail<Errors> = <Name extends keyof Errors & string>(
  code: Name,
  ...details: IsNothing<Errors[Name]> extends true
    ? [data?: undefined, message?: string]
    : [data: Errors[Name], message?: string]
) => TidingsError<Name, Errors[Name]>

/** What an answer receives beside the input. */
export interface MockCall<Errors> {
  /** Creates a declared error, to be thrown: `throw fail('muted', { until })`. */
  readonly fail: MockFail<Errors>
  /** Fires when the caller has left. */
  readonly signal: AbortSignal
}

/** A run of a stream, which the test carries on by hand. */
export interface MockRun<Events, Output, Errors> {
  /** Sends the run's events, as a handler's `emit` does. */
  readonly emit: { readonly [Name in keyof Events]: Send<Events[Name]> }
  /** Ends the run with its output. */
  output(output: Output): Promise<void>
  /** Ends the run with a declared error. */
  fail: (...failure: Parameters<MockFail<Errors>>) => Promise<void>
  /** Ends the run with any error. */
  error(problem: TidingsError): Promise<void>
}

/** The events that an answer yields. An event without data may omit `data`. */
type Yielded<Events> = {
  [Name in keyof Events]: IsNothing<Events[Name]> extends true
    ? { type: Name; data?: undefined }
    : { type: Name; data: Events[Name] }
}[keyof Events]

/** The answer to a command, the generator of a stream's runs, or the state of a channel's topics. */
type Answer<P> = P extends Channel
  ? (params: ParamsOf<P>) => StateOf<P> | Promise<StateOf<P>>
  : P extends Command
    ? (input: InputOf<P>, call: MockCall<ErrorsOf<P>>) => OutputOf<P> | Promise<OutputOf<P>>
    : P extends Stream
      ? (
          input: InputOf<P>,
          call: MockCall<ErrorsOf<P>> & { readonly id: string },
        ) => AsyncGenerator<Yielded<EventsOf<P>>, OutputOf<P>, void>
      : never

// biome-ignore lint/suspicious/noConfusingVoidType: it stands for what a function without a result returns.
type StateOf<C> = [SnapshotOf<C>] extends [never] ? void : SnapshotOf<C>

type AnyProcedure = Channel | Command | Stream

/** The answers of a mock, in the contract's own shape. */
export type MockAnswers<Contract> = {
  readonly [Name in keyof Contract]?: Contract[Name] extends AnyProcedure
    ? Answer<Contract[Name]>
    : MockAnswers<Contract[Name]>
}

/** Sets the answers of a mock, in the contract's own shape. */
export type MockOn<Contract> = {
  readonly [Name in keyof Contract]: Contract[Name] extends AnyProcedure
    ? (answer: Answer<Contract[Name]>) => void
    : MockOn<Contract[Name]>
} & {}

/** Selects the topic to send to by the channel's params. They may be omitted if none is required. */
type SelectTopic<Params, Topic> =
  Params extends Record<string, never>
    ? () => Topic
    : IsOmittable<Params> extends true
      ? (params?: Params) => Topic
      : (params: Params) => Topic

/** Sends to the client's topics, in the contract's own shape. */
export type MockEmit<Contract> = {
  readonly [Name in keyof Contract as Contract[Name] extends Command | Stream
    ? never
    : Name]: Contract[Name] extends Channel
    ? SelectTopic<
        GivenParamsOf<Contract[Name]>,
        MockTopic<EventsOf<Contract[Name]>, SnapshotOf<Contract[Name]>>
      >
    : MockEmit<Contract[Name]>
} & {}

/** Carries on the runs of streams, in the contract's own shape. */
export type MockRuns<Contract> = {
  readonly [Name in keyof Contract as Contract[Name] extends Channel | Command
    ? never
    : Name]: Contract[Name] extends Stream
    ? (id?: string) => MockRun<EventsOf<Contract[Name]>, OutputOf<Contract[Name]>, ErrorsOf<Contract[Name]>>
    : MockRuns<Contract[Name]>
} & {}

/** The inputs of the calls that a client has made, oldest first, in the contract's own shape. */
export type MockCalls<Contract> = {
  readonly [Name in keyof Contract as Contract[Name] extends Channel ? never : Name]: Contract[Name] extends
    | Command
    | Stream
    ? readonly InputOf<Contract[Name]>[]
    : MockCalls<Contract[Name]>
} & {}
