import { TidingsError } from '@tidings/core'
import { encodeSignal, toProblem } from '@tidings/core/wire'
import type { Connection } from '../connections/connection.js'
import type { ConnectionInfo } from '../hooks.js'
import type { ConnectionPredicate } from './connection-filter.js'

/** What happens to the connections that a revocation selects. */
export type RevocationKind = 'disconnect' | 'reauthorize'

interface Revocation {
  readonly kind: RevocationKind
  readonly predicate: ConnectionPredicate
}

/** Milliseconds a client has to authenticate again. */
const reauthorizeMs = 30_000

/** The number of revocations that are kept for unidentified requests. */
const maxKept = 1_000

/** Ends a connection, or asks its client to authenticate again. */
export function revoke(connection: Connection, kind: RevocationKind): void {
  if (kind === 'reauthorize') connection.reauthorize(reauthorizeMs)
  else connection.end('disconnected', disconnected())
}

function disconnected(): string {
  const message = 'The server closed this connection. Authenticate again to reconnect'
  return encodeSignal('$error', toProblem(new TidingsError({ code: 'unauthorized', message })))
}

/**
 * Revokes the access of open connections, and of pending requests, whose authorisation may be older than the
 * revocation. See decision 013.
 */
export class Revocations {
  readonly #connections: ReadonlySet<Connection>
  readonly #requests = new Set<PendingRequest>()
  /** The revocations to compare unidentified requests with, once they are identified. */
  #kept: Revocation[] = []
  #unidentified = 0

  constructor(connections: ReadonlySet<Connection>) {
    this.#connections = connections
  }

  /** Revokes the connections that a predicate selects. Returns their number, pending requests included. */
  revoke(kind: RevocationKind, predicate: ConnectionPredicate): number {
    const open = [...this.#connections].filter((connection) => predicate(connection.describe()))
    const pending = [...this.#requests].filter(({ info }) => info && predicate(info))
    if (this.#unidentified > 0) this.#keep({ kind, predicate })
    for (const request of pending) request.onRevoked(kind)
    for (const connection of open) revoke(connection, kind)
    return open.length + pending.length
  }

  /** Returns a request that is about to be authenticated. */
  begin(): PendingRequest {
    return new PendingRequest(this)
  }

  /** For pending requests. Returns the number of kept revocations, all of which are older than the request. */
  register(request: PendingRequest): number {
    this.#requests.add(request)
    this.#unidentified += 1
    return this.#kept.length
  }

  /** For pending requests. Returns the revocations since a request was registered. */
  after(count: number): readonly Revocation[] {
    return this.#kept.slice(count)
  }

  /** For pending requests. */
  identified(): void {
    this.#unidentified -= 1
    if (this.#unidentified === 0) this.#kept = []
  }

  /** For pending requests. */
  unregister(request: PendingRequest): void {
    this.#requests.delete(request)
  }

  #keep(revocation: Revocation): void {
    this.#kept.push(revocation)
    if (this.#kept.length < maxKept) return
    this.#kept = []
    for (const request of this.#requests) request.onForgotten()
  }
}

/**
 * A request that would open or change a connection, from when it is authenticated until it is answered; or a call,
 * until its body has been read.
 */
export class PendingRequest {
  readonly #revocations: Revocations
  #state: 'over' | 'unidentified' | 'identified' = 'over'
  #info: ConnectionInfo | undefined
  /** The number of kept revocations that are older than the request. */
  #since = 0
  #revoked: RevocationKind | undefined

  constructor(revocations: Revocations) {
    this.#revocations = revocations
  }

  /** The connection of the request, once it is identified. */
  get info(): ConnectionInfo | undefined {
    return this.#info
  }

  /** Whether the request was revoked since it was authenticated, so that it has to be authenticated again. */
  get isRevoked(): boolean {
    return this.#revoked !== undefined
  }

  /** Begins to authenticate the request, again or for the first time. Later revocations apply to it. */
  restart(): void {
    this.finish()
    this.#state = 'unidentified'
    this.#revoked = undefined
    this.#since = this.#revocations.register(this)
  }

  /** Compares the request with the revocations since {@link restart}, now that its connection is known. */
  identify(info: ConnectionInfo): void {
    if (this.#state !== 'unidentified') return
    this.#state = 'identified'
    this.#info = info
    const revocations = this.#revocations.after(this.#since)
    this.#revocations.identified()
    for (const { kind, predicate } of revocations) if (predicate(info)) this.onRevoked(kind)
  }

  /** Ends the request. Returns the revocation to apply to the connection that it opens. */
  finish(): RevocationKind | undefined {
    if (this.#state === 'unidentified') this.#revocations.identified()
    this.#state = 'over'
    this.#info = undefined
    this.#revocations.unregister(this)
    return this.#revoked
  }

  /** For revocations. */
  onRevoked(kind: RevocationKind): void {
    if (this.#revoked !== 'disconnect') this.#revoked = kind
  }

  /** For revocations: too many to keep. Any of them may have selected this request. */
  onForgotten(): void {
    if (this.#state !== 'unidentified') return
    this.#since = 0
    this.onRevoked('reauthorize')
  }
}
