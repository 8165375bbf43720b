import type { SharedConnection } from './shared-connection.js'

/** How long a client may take to say that it is there, in milliseconds. */
const answerMs = 5_000

/** How often the clients of a principal are asked at the most, in milliseconds. */
const againMs = 30_000

/** What the checks need of their server. */
export interface PresenceHome {
  readonly shared: ReadonlyMap<string, SharedConnection>
  /** Has the other nodes do the same. */
  askElsewhere(principal: string): void
}

/**
 * Asks the shared connections of a principal that has reached its limit to prove that their clients are there. Behind a hop
 * that hides the closing, the connections of pages that were left stay open; one that does not answer is ended.
 *
 * A single topic's own connection cannot be asked.
 */
export class PresenceChecks {
  readonly #home: PresenceHome
  /** When the clients of each principal were asked, the oldest first. */
  readonly #askedAt = new Map<string, number>()

  constructor(home: PresenceHome) {
    this.#home = home
  }

  /** Asks on all nodes. Returns in how many milliseconds those that are not there have made room, or nothing if they have. */
  askEverywhere(principal: string): number | undefined {
    if (this.ask(principal)) this.#home.askElsewhere(principal)
    const left = (this.#askedAt.get(principal) ?? 0) + answerMs - performance.now()
    return left > 0 ? left : undefined
  }

  /** Asks on this node, unless that was done a short while ago. Says whether it was not. */
  ask(principal: string): boolean {
    const now = performance.now()
    for (const [asked, at] of this.#askedAt) {
      if (now - at < againMs) break
      this.#askedAt.delete(asked)
    }
    if (this.#askedAt.has(principal)) return false
    this.#askedAt.set(principal, now)
    for (const shared of this.#home.shared.values()) {
      if (shared.connection.info.principal === principal) shared.demandProof(answerMs)
    }
    return true
  }
}
