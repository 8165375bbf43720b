import type { SharedConnection } from './shared-connection.js'

/** Milliseconds a client has to authenticate again. */
const responseMs = 5_000

/** Milliseconds until the clients of a principal are checked again, at the earliest. */
const intervalMs = 30_000

export interface PresenceDeps {
  readonly shared: ReadonlyMap<string, SharedConnection>
  /** Makes the other nodes check a principal too. */
  checkOtherNodes(principal: string): void
}

/**
 * Checks whether the clients of a principal that has reached its limit are still there, by asking them to authenticate
 * again. Behind a proxy that hides closing, connections of closed pages stay open; without a response they end.
 *
 * The client of a single-topic connection cannot be asked.
 */
export class PresenceChecks {
  readonly #deps: PresenceDeps
  /** When each principal was checked, oldest first. */
  readonly #checkedAt = new Map<string, number>()

  constructor(deps: PresenceDeps) {
    this.#deps = deps
  }

  /** Checks on all nodes. Returns the milliseconds until absent clients have made room; undefined if they have. */
  checkAllNodes(principal: string): number | undefined {
    if (this.check(principal)) this.#deps.checkOtherNodes(principal)
    const left = (this.#checkedAt.get(principal) ?? 0) + responseMs - performance.now()
    return left > 0 ? left : undefined
  }

  /** Checks on this node. Returns false, without a check, if the last one was recent. */
  check(principal: string): boolean {
    const now = performance.now()
    for (const [checked, at] of this.#checkedAt) {
      if (now - at < intervalMs) break
      this.#checkedAt.delete(checked)
    }
    if (this.#checkedAt.has(principal)) return false
    this.#checkedAt.set(principal, now)
    for (const shared of this.#deps.shared.values()) {
      if (shared.connection.identity.principal === principal) shared.requestReauthorization(responseMs)
    }
    return true
  }
}
