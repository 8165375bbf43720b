import type { SharedConnection } from './shared-connection.js'

/** How long a client may take to say that it is there, in milliseconds. */
const answerMs = 5_000

/** How often the clients of a principal are asked at the most, in milliseconds. */
const againMs = 30_000

/** What the checks need of their server. */
export interface PresenceDeps {
  readonly shared: ReadonlyMap<string, SharedConnection>
  /** Has the other nodes do the same. */
  checkOtherNodes(principal: string): void
}

/**
 * Asks the shared connections of a principal that has reached its limit to prove that their clients are there. Behind a hop
 * that hides the closing, the connections of pages that were left stay open; one that does not answer is ended.
 *
 * A single topic's own connection cannot be asked.
 */
export class PresenceChecks {
  readonly #deps: PresenceDeps
  /** When the clients of each principal were asked, the oldest first. */
  readonly #checkedAt = new Map<string, number>()

  constructor(home: PresenceDeps) {
    this.#deps = home
  }

  /** Asks on all nodes. Returns in how many milliseconds those that are not there have made room, or nothing if they have. */
  checkAllNodes(principal: string): number | undefined {
    if (this.check(principal)) this.#deps.checkOtherNodes(principal)
    const left = (this.#checkedAt.get(principal) ?? 0) + answerMs - performance.now()
    return left > 0 ? left : undefined
  }

  /** Asks on this node, unless that was done a short while ago. Says whether it was not. */
  check(principal: string): boolean {
    const now = performance.now()
    for (const [asked, at] of this.#checkedAt) {
      if (now - at < againMs) break
      this.#checkedAt.delete(asked)
    }
    if (this.#checkedAt.has(principal)) return false
    this.#checkedAt.set(principal, now)
    for (const shared of this.#deps.shared.values()) {
      if (shared.connection.identity.principal === principal) shared.requestReauthorization(answerMs)
    }
    return true
  }
}
