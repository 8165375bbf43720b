import type { Caller } from '../middleware/compose.js'
import { maxAuthorizations, revokedTooOften } from './authorization-attempts.js'
import { CredentialExpiry } from './credential-expiry.js'

/** The credentials of a control request. */
export interface Credentials {
  readonly context: unknown
  readonly caller: Caller
  /** In milliseconds since the epoch, or Infinity. */
  readonly expiresAt: number
  /** The value of {@link ConnectionAuth.challenges} before the context was created. */
  readonly challenge: number
}

export interface ConnectionAuthCallbacks {
  /** Authorises every carried topic with new credentials. Resolves when all are authorised or refused; never rejects. */
  authorizeTopics(credentials: Credentials): Promise<unknown>
  /** Called when the client has to authenticate again within a number of milliseconds. */
  onChallenged(withinMs: number): void
  /** Called when the client has not authenticated again in time. */
  onExpired(): void
}

/**
 * The credentials of a shared connection's client: when they expire, and the challenges to renew them.
 *
 * A control request renews the credentials if its context was created after the latest challenge.
 */
export class ConnectionAuth {
  readonly #callbacks: ConnectionAuthCallbacks
  readonly #expiry: CredentialExpiry
  /** The credentials of the last renewal. */
  #renewed: Credentials | undefined

  constructor(expiresAt: number, callbacks: ConnectionAuthCallbacks) {
    this.#callbacks = callbacks
    this.#expiry = new CredentialExpiry(expiresAt, {
      onExpiring: (withinMs) => this.challenge(withinMs),
      onExpired: () => callbacks.onExpired(),
    })
  }

  /** The number of times the client was asked to authenticate again. */
  get challenges(): number {
    return this.#expiry.challenges
  }

  get renewed(): Credentials | undefined {
    return this.#renewed
  }

  /** Asks the client to authenticate again, and ends the connection unless it does. */
  challenge(withinMs: number): void {
    this.#expiry.endWithin(withinMs)
    this.#callbacks.onChallenged(withinMs)
  }

  /**
   * Renews the credentials if the client was challenged before these were created. The connection continues while
   * its topics are authorised again; the later expiry counts once all of them are.
   */
  renew(credentials: Credentials): void {
    const renewal = this.#expiry.beginRenewal(credentials.expiresAt, credentials.challenge)
    if (!renewal) return
    this.#renewed = credentials
    void this.#callbacks.authorizeTopics(credentials).then(() => this.#expiry.finishRenewal(renewal))
  }

  /** Ends the connection no later than the credentials that authorise one of its topics. */
  shorten(expiresAt: number): void {
    this.#expiry.shorten(expiresAt)
  }

  authorize(credentials: Credentials): TopicAuthorization {
    return new TopicAuthorization(this, credentials)
  }

  close(): void {
    this.#expiry.close()
  }
}

/** The authorisation of one topic, which takes a while. */
export class TopicAuthorization {
  readonly #auth: ConnectionAuth
  #credentials: Credentials
  #challenges: number
  #count = 1

  constructor(auth: ConnectionAuth, credentials: Credentials) {
    this.#auth = auth
    this.#credentials = credentials
    this.#challenges = auth.challenges
  }

  /** The credentials to authorise the topic with. */
  get credentials(): Credentials {
    return this.#credentials
  }

  /**
   * Returns whether the topic has to be authorised again because the client was challenged meanwhile: it may have
   * authenticated with fewer rights since.
   *
   * @throws TidingsError `unavailable` if that happens again and again
   */
  isOutdated(): boolean {
    const { challenges, renewed } = this.#auth
    if (renewed && renewed.challenge > this.#credentials.challenge) this.#credentials = renewed
    else if (challenges === this.#challenges) return false
    if (this.#count === maxAuthorizations) throw revokedTooOften()
    this.#count += 1
    this.#challenges = challenges
    return true
  }
}
