import type { Bus } from './bus/bus.js'
import type { Hooks } from './hooks.js'
import type { TidingsRequest } from './http/http.js'

/** How much the log of a topic keeps for subscribers that come back or read slowly. */
export interface HistoryOptions {
  /**
   * How many events are kept.
   *
   * A cursor older than the log is answered with a `gap` and, where the channel has one, a fresh snapshot. Raise it
   * for channels without a snapshot; 0 keeps none, so every reconnect that missed something is a gap.
   *
   * Defaults to 256 events a topic.
   */
  size?: number
  /**
   * For how long an event is kept, in milliseconds. A topic nobody uses for longer is forgotten.
   *
   * Defaults to 120,000: two minutes.
   */
  ms?: number
}

/** Bounds on what clients may ask for. */
export interface LimitOptions {
  /**
   * How many connections may be open in all, shared ones and those of single topics. One too many is answered with 503 `unavailable` and `Retry-After`.
   *
   * Defaults to no limit but the process' own: each takes a file descriptor.
   */
  connections?: number
  /**
   * How many connections one address may have open. One too many is answered with 429 `too_many_requests` and
   * `Retry-After`.
   *
   * Behind a proxy, everyone comes from its address until the framework is told otherwise: in Express, with
   * `app.set('trust proxy', …)`. Hence there is no limit by default.
   */
  connectionsPerAddress?: number
  /**
   * How many connections one principal may have open; see `principal`. One too many is answered with 429
   * `too_many_requests` and `Retry-After`.
   *
   * Behind a proxy that does not pass on that a client has left, connections stay open that no page has any more. Once the limit
   * is reached, the clients of the principal's shared connections are asked to prove within five seconds that they are there,
   * at most each 30 s; those that do not are disconnected, and `Retry-After` tells the refused page when there is room. The
   * connection of a single topic cannot be asked: it counts until `maxConnectionMs`.
   *
   * Defaults to no limit.
   */
  connectionsPerPrincipal?: number
  /**
   * How many topics a shared connection may carry at once. One too many is refused with `too_many_requests`, alone.
   *
   * A client may subscribe, or ask for a snapshot, as often as twice that at once, and a tenth of it each second after that, so that one that
   * does so in a loop cannot keep the server busy with topics it has left. All connections of one principal together may
   * twice as often as `topicsPerPrincipal` at once, and a tenth of that each second; of one address, as `topicsPerAddress`.
   *
   * Defaults to 1,000.
   */
  subscriptionsPerConnection?: number
  /**
   * How many topics there may be in all: those with subscribers, and those that have events to resume from or a source that
   * runs. At the limit, topics without subscribers give way, oldest first, which is a `gap` for a subscriber that comes back.
   * If all have subscribers, one more is refused with `unavailable`. A topic that was never emitted to and has no
   * subscribers does not count, nor cost memory.
   *
   * Defaults to 100,000.
   */
  topics?: number
  /**
   * How many topics may be there because of clients of one address: each topic counts for the client that is subscribed to
   * it for longest. One more is refused with `too_many_requests`.
   *
   * Defaults to no limit: see `connectionsPerAddress`.
   */
  topicsPerAddress?: number
  /**
   * The same for one principal; see `principal`.
   *
   * Defaults to 5,000.
   */
  topicsPerPrincipal?: number
  /**
   * How many sources may run at once. At the limit, sources of topics without subscribers are stopped, oldest first. If all
   * have subscribers, one more topic with a source is refused with `unavailable`.
   *
   * Defaults to 10,000.
   */
  sources?: number
  /**
   * How long the key of a topic may be, in bytes: `room?roomId=lobby`, percent-encoded. Subscribing to a longer one is
   * refused with 400 `bad_request`, and emitting to one throws.
   *
   * Defaults to 4,096. Bound text params in the contract as well: `z.string().max(64)`.
   */
  topicKeyBytes?: number
  /**
   * How long a request's body may be, in bytes. A longer one is answered with 413 `payload_too_large`.
   *
   * Defaults to 1,048,576: 1 MiB.
   */
  bodyBytes?: number
}

/** Who may use the server from a page of another origin. */
export interface CorsOptions {
  /**
   * The origins of pages that may, with cookies and with tokens: `['https://app.example.org']`. `'*'` stands for any
   * other origin, without cookies.
   */
  origins: readonly string[]
}

/** What `context` is told about a request. */
export type ContextRequest = Pick<TidingsRequest, 'headers' | 'method' | 'path' | 'query' | 'address'>

/** Where an error came from. */
export interface ErrorPlace {
  /** The procedure's path in the contract, the key of a topic, or a hook: `send`, `room?roomId=lobby`, `hooks.gap`. */
  readonly place: string
}

/** The options of a server. All of them can be left out. */
export interface ServerOptions<Context> {
  /**
   * What handlers know about who asks. Called once a request; what it returns is their `context`.
   *
   * If that has an `expiresAt` (a `Date`, or milliseconds since the epoch), a connection lasts no longer than that: 30 s
   * before, or half of its life, a client with a shared connection is asked to prove itself anew, which interrupts
   * nothing: every topic is authorised again, by the context of the next request. A topic that is subscribed to by a request
   * whose context expires sooner makes the connection expire with it. A single topic's own connection ends, and its client
   * comes back. A request that comes later is refused.
   *
   * Throw a `TidingsError` with `unauthorized` to refuse the request.
   */
  context?(request: ContextRequest): Context | Promise<Context>
  /**
   * Whose a request is: an account's id, say. `undefined` for one who is not known. Write it after `context`, whose type
   * it is given.
   *
   * Only who opened a shared connection may change what it carries, and only who sent a command is given its answer
   * again; `limits.connectionsPerPrincipal` counts by it, and hooks are told it. Without it, whoever knows a connection's
   * id, which nobody can guess, may change what that carries; what they may subscribe to is asked of themselves.
   *
   * Where finding it takes a promise, await that in `context`. A request for which this returns anything but a string or
   * `undefined` is refused as `internal`, and `onError` is told.
   */
  principal?(context: Context): string | undefined
  /**
   * What carries events to the other nodes of a service, and back: `redisBus({ url })` of `@tidings/server/redis`.
   *
   * Without one, what is emitted reaches those who are connected to this process.
   */
  bus?: Bus
  history?: HistoryOptions
  /**
   * After how many milliseconds of silence a connection is shown to be alive: with a comment line, or on a
   * shared connection with an event `$heartbeat`.
   *
   * Proxies cut what is silent for longer than their own timeout, which is often 60 s. Defaults to 15,000.
   */
  heartbeatMs?: number
  /**
   * After about how many milliseconds an EventSource is to come back when its connection is lost. Each is told its own
   * time, between half and one and a half of it, so that they do not come back together. Also what those are told who
   * were refused because there are too many.
   *
   * Defaults to 2,000.
   */
  retryMs?: number
  /**
   * For how many milliseconds a client may leave unread what was written to it before its connection is cut. It can
   * come back and resume.
   *
   * A client that reads slowly costs no memory but what its socket holds; one that never reads keeps its socket for
   * good. Defaults to 60,000.
   */
  stallMs?: number
  /**
   * For about how many milliseconds a connection stays open at the most: it ends some time after four fifths of that, and
   * its client comes back and resumes. It is then asked anew who it is, and may reach another server.
   *
   * Defaults to 3,600,000: an hour. `Infinity` sets no bound.
   */
  maxConnectionMs?: number
  /**
   * How long a `snapshot` handler may take, in milliseconds. When it takes longer, `onError` is told, and
   * those who wait for it get `$error` `internal` and come back.
   *
   * Defaults to 10,000.
   */
  snapshotMs?: number
  /**
   * For how many milliseconds a topic's `source` goes on when its last subscriber has left, in case one comes back.
   *
   * Defaults to 5,000.
   */
  lingerMs?: number
  /**
   * For how many milliseconds the answer to a command with an `Idempotency-Key` is kept, so that one that is sent
   * again, because its answer was lost, is not run again. Tidings' own client sends a key with every command. A command's
   * handler may set its own: `{ run, idempotencyMs: 0 }` for one that only reads.
   *
   * An answer longer than 64 KiB is not kept: a retry is refused with `conflict`, which says that the command has run. A
   * node keeps 32 MiB in all, each answer counted with 1 KiB more than its body; and 1,000 answers, up to 2 MiB, of one
   * principal, or without one of the same `Authorization` and `Cookie`, or without these of one address. Beyond that the
   * oldest is forgotten before its time. With a bus, what the node keeps is there as well.
   *
   * Defaults to 300,000: five minutes. 0 keeps none: a retry while the command runs on the same node shares the run.
   */
  idempotencyMs?: number
  limits?: LimitOptions
  /**
   * Which pages of other origins may use the server from a browser; by default none may, and what they send is refused
   * with 403 `forbidden`.
   *
   * Where middleware in front answers for CORS, list the origins here too: it is what keeps other sites from sending
   * commands in the name of a visitor who has a cookie.
   */
  cors?: CorsOptions
  /** Told who comes, who leaves and why, who misses events, and who is refused: for a log. */
  hooks?: Hooks
  /**
   * Told what a handler, source or hook threw that is no answer of its own, what did not fit its schema, and each emit that
   * the bus has not taken. Clients see such an error only as `internal`, and nothing is printed: without `onError` it is lost.
   */
  onError?(error: unknown, at: ErrorPlace): void
}
