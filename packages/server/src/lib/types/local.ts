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
} from '@tidings/core'

// Not `HeadersInit`: where there is no DOM, Node's types declare `RequestInit` alone.
/** Headers as `fetch` takes them, or as a request of Node has them. */
export type GivenHeaders =
  | NonNullable<RequestInit['headers']>
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** The caller for whom the program itself calls a procedure. */
export interface LocalOptions<Context> {
  /**
   * What handlers know about the caller, in place of what the server's option `context` returns. Without it, that
   * function is called with the headers, address and request given here: a caller without credentials by default.
   */
  context?: Context
  /** The headers that `context` and middleware receive, such as those of the request for the page. None by default. */
  headers?: GivenHeaders
  /** The caller's address, as limits count it. Defaults to `undefined`, which counts for no address. */
  address?: string
  /** The host's own request that `context` and middleware receive. */
  request?: object
}

/** Options of a call of a command or stream. */
export interface LocalCallOptions<Context> extends LocalOptions<Context> {
  /** Ends the call when it fires, as if a client had left: it rejects with `aborted`. */
  signal?: AbortSignal
}

/**
 * Returns the state of a topic and its position, with which a page begins: `state(reducer, { seed })` continues from
 * there. The caller is authorised as a subscriber is, behind the same middleware, and counts in
 * `limits.topicsPerPrincipal` and `limits.topicsPerAddress` while the snapshot loads. Concurrent calls share a load.
 *
 * From the seed's position on, the topic keeps its events for the channel's `history`, although no client has
 * subscribed yet. A page that subscribes later, or after `limits.topics` has released the topic, receives a gap and a
 * snapshot.
 *
 * @throws TidingsError as a subscription is refused: `forbidden`, `invalid_input`, `too_many_requests`, `unavailable`,
 * what `authorize` and middleware throw; `internal` for any other error, which `onError` receives
 */
export type LoadSnapshot<Params, Snapshot, Context> =
  Params extends Record<string, never>
    ? (options?: LocalOptions<Context>) => Promise<Seed<Snapshot>>
    : IsOmittable<Params> extends true
      ? (params?: Params, options?: LocalOptions<Context>) => Promise<Seed<Snapshot>>
      : (params: Params, options?: LocalOptions<Context>) => Promise<Seed<Snapshot>>

/** The snapshots of a contract's channels, in the contract's own shape. */
// With `& {}`, editors show the functions and not the contract.
export type Snapshots<Contract, Context> = {
  readonly [Name in keyof Contract as Contract[Name] extends
    | Command
    | Stream
    | { readonly kind: 'channel'; readonly snapshot: undefined }
    ? never
    : Name]: Contract[Name] extends Channel
    ? LoadSnapshot<GivenParamsOf<Contract[Name]>, SnapshotOf<Contract[Name]>, Context>
    : Snapshots<Contract[Name], Context>
} & {}

/** Whether a caught error is one that calling the procedure can fail with, so that `code` types `data`. */
interface Fallible<Errors> {
  isError(error: unknown): error is FailureUnion<Errors>
}

/**
 * Calls a command in this program. The input and output are validated, and middleware runs, as for a client; without an
 * `Idempotency-Key`, each call runs the handler.
 *
 * Rejects with a `TidingsError`, as a client would receive it: an unexpected error is `internal`, and `onError`
 * receives it. A handler that lets such an error pass fails with `internal`, too: the error was addressed to it, and
 * not to its caller.
 */
export type CallCommand<Input, Output, Errors, Context> = Fallible<Errors> &
  (IsVoid<Input> extends true
    ? (options?: LocalCallOptions<Context>) => Promise<Output>
    : IsOmittable<Input> extends true
      ? (input?: Input, options?: LocalCallOptions<Context>) => Promise<Output>
      : (input: Input, options?: LocalCallOptions<Context>) => Promise<Output>)

/**
 * A run of a stream that this program reads. Clients that have the id may attach to it, if `authorize` lets them.
 *
 * Iterate it for its events, then await its output. Each loop receives every event once, from the beginning, and holds
 * the handler back while it is slower. Failures are thrown in loops and reject `output`, which is safe to ignore.
 *
 * Leaving the last loop, and the signal, detach from the run: without another reader, it ends, unless the `lingerMs` of
 * its handler is `Infinity`.
 */
export interface LocalRun<Events, Output> extends AsyncIterable<EventUnion<Events>> {
  /** Identifies the run, from the moment of the call. */
  readonly id: string
  /** Resolves with the output when the run is over. Without a loop, the events are dropped. */
  readonly output: Promise<Output>
  /** Ends the run for every reader: loops and `output` fail with `cancelled`. Has no effect on a run that is over. */
  cancel(): Promise<void>
}

/**
 * Calls a stream in this program, and returns its run. Everything else is as for a command: see {@link CallCommand}.
 * An error before the run has begun rejects `output`, and is thrown in loops.
 */
export type CallStream<Input, Events, Output, Errors, Context> = Fallible<Errors> &
  (IsVoid<Input> extends true
    ? (options?: LocalCallOptions<Context>) => LocalRun<Events, Output>
    : IsOmittable<Input> extends true
      ? (input?: Input, options?: LocalCallOptions<Context>) => LocalRun<Events, Output>
      : (input: Input, options?: LocalCallOptions<Context>) => LocalRun<Events, Output>)

/** The calls of a contract's commands and streams, in the contract's own shape. */
// With `& {}`, editors show the functions and not the contract.
export type Calls<Contract, Context> = {
  readonly [Name in keyof Contract as Contract[Name] extends Channel
    ? never
    : Name]: Contract[Name] extends Command
    ? CallCommand<GivenInputOf<Contract[Name]>, OutputOf<Contract[Name]>, ErrorsOf<Contract[Name]>, Context>
    : Contract[Name] extends Stream
      ? CallStream<
          GivenInputOf<Contract[Name]>,
          EventsOf<Contract[Name]>,
          OutputOf<Contract[Name]>,
          ErrorsOf<Contract[Name]>,
          Context
        >
      : Calls<Contract[Name], Context>
} & {}

/** Whether a procedure takes no input. */
// biome-ignore lint/suspicious/noConfusingVoidType: it stands for what a function without an argument takes.
type IsVoid<Input> = unknown extends Input ? false : [void] extends [Input] ? true : false
