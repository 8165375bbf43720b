import { TidingsError } from '@tidings/core'
import { encodeSignal, toProblem } from '@tidings/core/wire'
import type { Connection } from '../connections/connection.js'
import { type ConnectionPredicate, type ConnectionView, describe } from './connection-filter.js'

/** What is done to the connections that a revocation picks. */
export type RevocationKind = 'disconnect' | 'reauthorize'

interface Revocation {
  readonly kind: RevocationKind
  readonly predicate: ConnectionPredicate
}

/** How long a client may take to prove who it is. */
const reauthorizeMs = 30_000

/** How many revocations are kept for requests that have not said yet what they would open. */
const maxKept = 1_000

/** Ends a connection, or has its client prove who it is. */
export function revoke(connection: Connection, kind: RevocationKind): void {
  if (kind === 'reauthorize') connection.reauthorize(reauthorizeMs)
  else connection.end('disconnected', disconnected())
}

function disconnected(): string {
  const message = 'The server closed this connection. Authenticate again to reconnect'
  return encodeSignal('$error', toProblem(new TidingsError({ code: 'unauthorized', message })))
}

/**
 * Revokes what was allowed: to the connections that are open, and to the requests that are on their way to it, whose
 * verdicts may be older than the revocation.
 */
export class Revocations {
  readonly #connections: ReadonlySet<Connection>
  readonly #requests = new Set<PendingRequest>()
  /** What requests have to be compared with that have not said yet what they would open. */
  #kept: Revocation[] = []
  /** How many of those requests there are. */
  #unidentified = 0

  constructor(connections: ReadonlySet<Connection>) {
    this.#connections = connections
  }

  /** Revokes what a predicate picks. Returns how many connections that are, those about to be opened included. */
  revoke(kind: RevocationKind, predicate: ConnectionPredicate): number {
    const open = [...this.#connections].filter((connection) => predicate(describe(connection)))
    const opening = [...this.#requests].filter(({ view }) => view && predicate(view))
    if (this.#unidentified > 0) this.#keep({ kind, predicate })
    for (const arrival of opening) arrival.onRevoked(kind)
    for (const connection of open) revoke(connection, kind)
    return open.length + opening.length
  }

  /** A request arrives that would open a connection, or change what one carries. Tell when it is asked. */
  begin(): PendingRequest {
    return new PendingRequest(this)
  }

  /** For arrivals. Returns how many revocations are older than the asking. */
  register(arrival: PendingRequest): number {
    this.#requests.add(arrival)
    this.#unidentified += 1
    return this.#kept.length
  }

  /** For arrivals: those that came while it was not known what the request would open. */
  after(count: number): readonly Revocation[] {
    return this.#kept.slice(count)
  }

  /** For arrivals: it is known what the request would open. */
  identified(): void {
    this.#unidentified -= 1
    if (this.#unidentified === 0) this.#kept = []
  }

  /** For arrivals: the request is answered. */
  unregister(arrival: PendingRequest): void {
    this.#requests.delete(arrival)
  }

  #keep(revocation: Revocation): void {
    this.#kept.push(revocation)
    if (this.#kept.length < maxKept) return
    this.#kept = []
    for (const arrival of this.#requests) arrival.onForgotten()
  }
}

/**
 * A request that would open a connection, or change what one carries, from when it is asked to when it is answered; and one
 * that would run a handler, until its body has been read.
 */
export class PendingRequest {
  readonly #revocations: Revocations
  #state: 'over' | 'unknown' | 'known' = 'over'
  #view: ConnectionView | undefined
  #since = 0
  #revoked: RevocationKind | undefined

  constructor(revocations: Revocations) {
    this.#revocations = revocations
  }

  /** What it would open, once that is known. */
  get view(): ConnectionView | undefined {
    return this.#view
  }

  /** Whether it was revoked since it was asked, so that it has to be asked again. */
  get isRevoked(): boolean {
    return this.#revoked !== undefined
  }

  /** It is asked now, for the first time or again: what is revoked from now on may be unknown to its answers. */
  restart(): void {
    this.finish()
    this.#state = 'unknown'
    this.#revoked = undefined
    this.#since = this.#revocations.register(this)
  }

  /** Its context says whose it is. */
  identify(view: ConnectionView): void {
    if (this.#state !== 'unknown') return
    this.#state = 'known'
    this.#view = view
    const revocations = this.#revocations.after(this.#since)
    this.#revocations.identified()
    for (const { kind, predicate } of revocations) if (predicate(view)) this.onRevoked(kind)
  }

  /** It is answered. Returns what is still to be done to what it opens. */
  finish(): RevocationKind | undefined {
    if (this.#state === 'unknown') this.#revocations.identified()
    this.#state = 'over'
    this.#view = undefined
    this.#revocations.unregister(this)
    return this.#revoked
  }

  /** For revocations. */
  onRevoked(kind: RevocationKind): void {
    if (this.#revoked !== 'disconnect') this.#revoked = kind
  }

  /** For revocations: which there were is not known any more. */
  onForgotten(): void {
    if (this.#state !== 'unknown') return
    this.#since = 0
    this.onRevoked('reauthorize')
  }
}
