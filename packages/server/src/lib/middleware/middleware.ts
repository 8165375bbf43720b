import type { Bus } from '../bus/bus.js'
import type { ErrorPlace } from '../options.js'

/** A procedure of the contract, as middleware receives it. */
export interface ProcedureInfo {
  /** The path in the contract, as in a URL: `rooms/send`. */
  readonly path: string
  /** A `channel` runs its middleware for each subscription, and a `command` or `stream` for each call. */
  readonly kind: 'channel' | 'command' | 'stream'
}

/** The argument of a middleware. */
export interface MiddlewareRequest<Context> {
  readonly procedure: ProcedureInfo
  /** What the option `context` returned, with the keys that preceding middlewares have added. */
  readonly context: Context
  /** The decoded input of a command or stream; `undefined` for a channel. */
  readonly input: unknown
  /** The decoded params of the topic that is subscribed to; `undefined` for a command or stream. */
  readonly params: unknown
  readonly headers: Headers
  /** The client's address; `undefined` if the adapter does not know it. */
  readonly address: string | undefined
  /** The owner of the request, as the option `principal` returned it. */
  readonly principal: string | undefined
  /**
   * The host's own request, such as Express'. `expressRequest` of `@tidings/server/express` and its siblings return
   * it with its type, and `hostValue` what the host has attached to it.
   *
   * `undefined` for a control request that another node forwarded.
   */
  readonly request: object | undefined
  /**
   * Whether this is no new call: a subscription is decided about again because the client has sent new credentials, or
   * a run that was started before is read or cancelled. Refusing ends the subscription, or refuses the reader.
   */
  readonly isRenewal: boolean
  /**
   * Fires when the caller of a command or stream leaves, or the server closes; for a channel, when deciding about the
   * subscription takes more than 10 s.
   */
  readonly signal: AbortSignal
  /** Continues with the next middleware, and after the last with the handler. */
  readonly next: Next
}

/**
 * Continues with the next middleware, and after the last with the handler: a command's function, the whole run of a
 * stream, or a channel's `authorize`. Resolves when it is over, and rejects with what it throws.
 *
 * `next({ context: { user } })` adds keys to the `context` of everything that follows, or replaces them.
 *
 * Calling it again after it has settled retries. A stream can be retried only until it has sent its first event.
 */
export type Next = <Added extends object = NoKeys>(changes?: {
  readonly context: Added
}) => Promise<MiddlewareResult<Added>>

// biome-ignore lint/complexity/noBannedTypes: `{}` has no keys; Record<never, …> would have them all.
export type NoKeys = {}

declare const added: unique symbol

/** The result of `next`, which a middleware returns. */
export interface MiddlewareResult<Added> {
  /** The output of the command or stream; `undefined` for a channel. */
  readonly output: unknown
  /** Carries the type of the added keys, and has no value. */
  readonly [added]?: Added
}

/**
 * Wraps the procedures of a part: it may refuse by throwing a `TidingsError`, add to `context`, measure, log or retry.
 * It returns the result of `next`.
 *
 * @typeParam Context the context that the middleware needs
 * @typeParam Added the keys that it adds to the context
 */
export type Middleware<Context = unknown, Added = NoKeys> = (
  request: MiddlewareRequest<Context>,
) => MiddlewareResult<Added> | Promise<MiddlewareResult<Added>>

/** A middleware that has state in each server, or needs the server's bus or clock. */
export interface ServerMiddleware<Context = unknown, Added = NoKeys> {
  /**
   * Returns the middleware of a server. Called once by `createServer`, however many procedures it wraps.
   */
  start(server: MiddlewareServer): Middleware<Context, Added>
}

/** The server that starts a middleware. */
export interface MiddlewareServer {
  /** Shared by the nodes of the service; `undefined` without a bus. */
  readonly bus: Bus | undefined
  readonly clock: {
    /** Milliseconds since the epoch. */
    now(): number
  }
  /** Fires when the server closes. */
  readonly signal: AbortSignal
  /** Reports an error that no caller receives. */
  readonly onError: (error: unknown, at: ErrorPlace) => void
}

/** The context after a middleware has added keys to it. */
export type Narrowed<Context, Added> = [keyof Added] extends [never]
  ? Context
  : Context extends object
    ? Merged<Context, Added>
    : Added

/** Displays as a plain object. */
type Merged<Context, Added> = {
  [Key in keyof Context | keyof Added]: Key extends keyof Added
    ? Added[Key]
    : Key extends keyof Context
      ? Context[Key]
      : never
} & {}
