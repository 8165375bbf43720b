import type { Middleware, ServerMiddleware } from './middleware.js'

// A registered symbol, so that the CommonJS and the ES modules of this package recognise each other's parts.
export const partMarker: unique symbol = Symbol.for('@tidings/part') as never

/**
 * The handlers of a contract or of one of its members, with the middleware in front of them. Made by
 * `app.handlers(member, handlers)`, for `createServer(app, options, parts)`.
 */
export interface Part<out Member> {
  readonly [partMarker]: PartContent<Member>
}

/** What a part consists of. */
export interface PartContent<Member> {
  /** The contract or its member, by identity. */
  readonly member: Member
  readonly handlers: unknown
  readonly middleware: readonly AnyMiddleware[]
  /** Identifies the call of `implement` that the part descends from. */
  readonly origin: object
}

/** A middleware without its types. */
export type AnyMiddleware = Middleware<never, never> | ServerMiddleware<never, never>

/** Returns what a part consists of; `undefined` for any other value. */
export function contentOf(value: unknown): PartContent<unknown> | undefined {
  if (typeof value !== 'object' || value === null || !(partMarker in value)) return undefined
  return (value as Part<unknown>)[partMarker]
}
