import type { Bus } from './bus/bus.js'
import type { DescribeDecision, DescribeOptions } from './describe-options.js'
import type { HistoryOptions } from './history.js'
import type { Hooks } from './hooks.js'
import type { TidingsRequest } from './http/adapter.js'
import type { InspectorFor } from './inspection/inspector.js'
import type { Tracing } from './tracing.js'

/** Limits on what clients may use. */
export interface LimitOptions {
  /**
   * The number of connections that may be open in total, both shared and single-topic. A connection beyond it
   * is answered with 503 `unavailable` and `Retry-After`.
   *
   * Defaults to no limit other than the process' own: each connection takes a file descriptor.
   */
  connections?: number
  /**
   * The number of connections one address may have open. A connection beyond it is answered with 429
   * `too_many_requests` and `Retry-After`.
   *
   * Behind a proxy, every client has the proxy's address until the framework is configured otherwise: in
   * Express, with `app.set('trust proxy', …)`. For that reason there is no limit by default.
   */
  connectionsPerAddress?: number
  /**
   * The number of connections one principal may have open; see `principal`. A connection beyond it is
   * answered with 429 `too_many_requests` and `Retry-After`.
   *
   * Behind a proxy that does not report when a client leaves, connections of closed pages stay open. Once the
   * limit is reached, the clients of the principal's shared connections must confirm within five seconds that
   * they are present, at most every 30 s. Clients that do not are disconnected, and `Retry-After` tells the
   * refused page when there is room. A single-topic connection cannot confirm: it counts until
   * `maxConnectionMs`.
   *
   * Defaults to no limit.
   */
  connectionsPerPrincipal?: number
  /**
   * The number of topics a shared connection may carry at once. Only a topic beyond it is refused, with
   * `too_many_requests`.
   *
   * This limit also sets the rate of subscribing and requesting snapshots: a burst of twice the limit, then a
   * tenth of it each second. A client that subscribes in a loop thus cannot keep the server busy with topics
   * it has left. All connections of one principal share a burst of twice `topicsPerPrincipal`, then a tenth
   * of it each second; those of one address share the same for `topicsPerAddress`.
   *
   * Defaults to 1,000.
   */
  subscriptionsPerConnection?: number
  /**
   * The number of topics in total: topics with subscribers, with events to resume from, or with a running
   * source. At the limit, topics without subscribers are released, oldest first, and a subscriber that
   * returns to one gets a `gap`. If all have subscribers, another topic is refused with `unavailable`. A
   * topic that has no subscribers and was never emitted to does not count, and uses no memory.
   *
   * Defaults to 100,000.
   */
  topics?: number
  /**
   * The number of topics that the clients of one address may hold. Each topic counts for the client that has
   * been subscribed to it longest. A topic beyond the limit is refused with `too_many_requests`.
   *
   * Defaults to no limit: see `connectionsPerAddress`.
   */
  topicsPerAddress?: number
  /**
   * The number of topics that one principal may hold, counted as for `topicsPerAddress`; see `principal`.
   *
   * Defaults to 5,000.
   */
  topicsPerPrincipal?: number
  /**
   * The number of sources that may run at once. At the limit, sources of topics without subscribers are
   * stopped, oldest first. If all have subscribers, another topic with a source is refused with
   * `unavailable`.
   *
   * Defaults to 10,000.
   */
  sources?: number
  /**
   * The number of runs of streams that this node has started, which includes those that are kept after their end. At
   * the limit, the oldest run that has ended is dropped; if all go on, another is refused with `unavailable`.
   *
   * Defaults to 10,000.
   */
  runs?: number
  /**
   * The number of runs that the clients of one address may have. At the limit, their oldest run that has ended is
   * dropped; if all go on, another is refused with `too_many_requests`.
   *
   * Defaults to no limit: see `connectionsPerAddress`.
   */
  runsPerAddress?: number
  /**
   * The number of runs that one principal may have on this node, counted as for `runsPerAddress`; see `principal`.
   *
   * Defaults to 100.
   */
  runsPerPrincipal?: number
  /**
   * The size of the logs of all runs, in characters. At the limit, logs of runs that have ended are dropped,
   * oldest first; if that is not enough, handlers wait until other runs have ended or were read. If runs that
   * require no reader (`lingerMs: Infinity`) wait for each other, the run with the longest log ends with
   * `too_large`.
   *
   * Defaults to 268,435,456: 256 MiB.
   */
  runBytes?: number
  /**
   * The maximum length of a topic's key in bytes: `room?roomId=lobby`, percent-encoded. Subscribing to a
   * longer key is refused with 400 `bad_request`, and an emit to one rejects with it.
   *
   * Defaults to 4,096. Limit text params in the contract as well: `z.string().max(64)`.
   */
  topicKeyBytes?: number
  /**
   * The maximum length of a request body in bytes. A longer body is answered with 413 `payload_too_large`, and one with more
   * than one value for each 20 of these bytes with 400 `bad_request`.
   *
   * Defaults to 1,048,576: 1 MiB.
   */
  bodyBytes?: number
}

/** The pages of other origins that may use the server. */
export interface CorsOptions {
  /**
   * The allowed origins, with cookies and with tokens: `['https://app.example.org']`. `'*'` allows any other
   * origin, without cookies.
   */
  origins: readonly string[]
}

/** The parts of a request that `context` receives. */
export type ContextRequest = Pick<
  TidingsRequest,
  'headers' | 'method' | 'path' | 'query' | 'address' | 'request'
>

/** Where an error came from. */
export interface ErrorPlace {
  /**
   * A procedure's path in the contract, the key of a topic, or a hook: `send`, `room?roomId=lobby`,
   * `hooks.gap`.
   */
  readonly place: string
}

/** The options about the callers of a server. */
export interface ContextOptions<Context> {
  /**
   * Returns what handlers know about the caller. Called once for each request; handlers receive the result as
   * their `context`.
   *
   * If the context has an `expiresAt` (a `Date`, or milliseconds since the epoch), the connection lasts no
   * longer. The client of a shared connection is asked to authenticate again 30 s before that, or after half
   * of its lifetime. This interrupts nothing: every topic is authorised again, with the context of the next
   * request. If a request with an earlier `expiresAt` subscribes to a topic, the connection expires with it.
   * A single-topic connection ends at `expiresAt`, and its client reconnects. A request after `expiresAt` is
   * refused.
   *
   * Throw a `TidingsError` with `unauthorized` to refuse the request.
   */
  context?(request: ContextRequest): Context | Promise<Context>
  /**
   * Returns the owner of a request, such as an account id, or `undefined` for an unknown caller. Declare it
   * after `context`, from which its argument takes its type.
   *
   * Only the principal that opened a shared connection may change its subscriptions, and only the principal
   * that sent a command receives its answer again. `limits.connectionsPerPrincipal` counts by principal, and
   * hooks receive it. Without it, any caller that knows a connection's unguessable id may change its
   * subscriptions, as far as that caller itself is authorised.
   *
   * Await anything asynchronous in `context`. If this returns anything but a string or `undefined`, the
   * request is refused as `internal` and `onError` is called.
   */
  principal?(context: Context): string | undefined
}

/** The options of a server, all of them optional. */
export interface ServerOptions<Context> extends ContextOptions<Context> {
  /**
   * Carries events between the nodes of a service: `redisBus({ url })` of `@tidings/server/redis`.
   *
   * Without a bus, events reach only the clients connected to this process.
   */
  bus?: Bus
  history?: HistoryOptions
  /**
   * Milliseconds of silence after which the server sends a heartbeat: a comment line, or a `$heartbeat` event
   * on a shared connection.
   *
   * Proxies close connections that are silent for longer than their own timeout, which is often 60 s.
   *
   * Defaults to 15,000.
   */
  heartbeatMs?: number
  /**
   * Milliseconds, approximately, an EventSource waits before it reconnects after losing its connection. Each
   * client gets its own time, between 0.5 and 1.5 times this, so that clients do not all reconnect at once. A
   * client refused because of a limit is also told to wait this long.
   *
   * Defaults to 2,000.
   */
  retryMs?: number
  /**
   * Milliseconds a client may leave data unread before it is disconnected. It can reconnect and resume.
   *
   * A slow client uses no memory beyond its socket's buffers. Without this limit, a client that never reads
   * would keep its socket forever.
   *
   * Defaults to 60,000.
   */
  stallMs?: number
  /**
   * Milliseconds, approximately, a connection stays open at most. It ends at a random time after four fifths
   * of that, and its client reconnects and resumes. The client then authenticates again, and may reach
   * another server.
   *
   * Defaults to 3,600,000: an hour. `Infinity` sets no limit.
   */
  maxConnectionMs?: number
  /**
   * Milliseconds a `snapshot` handler may take. If it takes longer, `onError` is called, and the subscribers
   * that wait for it get `$error` `internal` and reconnect.
   *
   * Defaults to 10,000.
   */
  snapshotMs?: number
  /**
   * Milliseconds a topic's `source` keeps running after its last subscriber leaves, in case one returns.
   *
   * Defaults to 5,000.
   */
  lingerMs?: number
  /**
   * Milliseconds the answer to a command with an `Idempotency-Key` is kept, so that a command sent again
   * because its answer was lost does not run again. Tidings' own client sends a key with every command. A
   * command's handler may set its own time: `{ run, idempotencyMs: 0 }` for a command that only reads.
   *
   * An answer longer than 64 KiB is not kept: a retry is refused with `conflict`, which says that the command
   * has run. A node keeps 32 MiB in total, counting each answer with 1 KiB more than its body. For each
   * principal it keeps 1,000 answers, up to 2 MiB; callers without a principal count by `Authorization` and
   * `Cookie`, and without these by address. Beyond a limit, the oldest answer is dropped early. With a bus,
   * the answers are kept there as well.
   *
   * Defaults to 300,000: five minutes. 0 keeps no answers: a retry while the command runs on the same node
   * shares the run.
   */
  idempotencyMs?: number
  limits?: LimitOptions
  /**
   * The pages of other origins that may use the server from a browser. By default there are none, and their
   * requests are refused with 403 `forbidden`.
   *
   * If middleware in front handles CORS, list the origins here too: this check keeps other sites from sending
   * commands with a visitor's cookie.
   */
  cors?: CorsOptions
  /**
   * Whether the server describes its contract, so that the inspector, the command line and other programs learn what it
   * offers: as a document at `GET /events/$contract`, as AsyncAPI at `$asyncapi.json` and as OpenAPI at `$openapi.json`.
   * A function decides for each request, by its context.
   *
   * A request that may not have a document gets 404 `not_found`, as for an unknown path. A request that `context`
   * refuses gets that refusal. The code that makes the documents is loaded with the first request for one.
   *
   * Defaults to false.
   */
  describe?: boolean | DescribeDecision<Context> | DescribeOptions<Context>
  /** Called when clients connect, disconnect, miss events or are refused: for a log. */
  hooks?: Hooks
  /**
   * Creates OpenTelemetry spans for commands, streams, subscriptions and emits: `tracing()` of
   * `@tidings/server/tracing`.
   */
  tracing?: Tracing
  /**
   * Serves a page that shows the contract, watches topics and calls procedures, at `GET /events/$inspect`:
   * `inspector()` of `@tidings/inspector`. If its `authorize` reads `context`, the context of this server
   * must have the type that it states.
   */
  inspector?: InspectorFor<Context>
  /**
   * Called with each unexpected error of a handler, source or hook, each value that does not fit its schema,
   * and each emit that the bus did not accept. Clients see such an error only as `internal`, and nothing is
   * printed: without `onError` it is lost.
   */
  onError?(error: unknown, at: ErrorPlace): void
}
