import type { Subscription } from '../log/subscription.js'

/** How many bytes of unread snapshots a connection, and a server, keep. */
const maxSnapshotBytes = { ofConnection: 1024 * 1024, ofServer: 64 * 1024 * 1024 }

/** The bytes of unread snapshots that all connections of a server keep. */
export interface SnapshotBytes {
  held: number
}

/**
 * Limits the snapshots of one connection that its client has not read yet.
 *
 * A snapshot without room is dropped, and loaded again once the client reads. One is loaded at a time, so
 * that the server loads no more for a slow client than it reads.
 */
export class SnapshotRoom {
  readonly #ofServer: SnapshotBytes
  readonly #dropped = new Set<Subscription>()
  #held = 0
  #reloading: Subscription | undefined

  constructor(ofServer: SnapshotBytes) {
    this.#ofServer = ofServer
  }

  /**
   * Reserves bytes, or notes that the subscription has to be reloaded. Returns whether there was room.
   *
   * @param isWritable whether the client has room now: the first snapshot then always fits, since it is
   * written at once
   */
  hold(subscription: Subscription, bytes: number, isWritable: boolean): boolean {
    this.#settled(subscription)
    const { ofConnection, ofServer } = maxSnapshotBytes
    const fits = this.#held + bytes <= ofConnection && this.#ofServer.held + bytes <= ofServer
    if (!fits && !(isWritable && this.#held === 0)) {
      this.#dropped.add(subscription)
      return false
    }
    this.#held += bytes
    this.#ofServer.held += bytes
    return true
  }

  release(bytes: number): void {
    this.#held -= bytes
    this.#ofServer.held -= bytes
  }

  /** Loads the next snapshot that was dropped: the client has room. */
  reloadNext(): void {
    if (this.#reloading || this.#held > 0) return
    for (const subscription of this.#dropped) {
      this.#dropped.delete(subscription)
      if (!subscription.reload()) continue
      this.#reloading = subscription
      return
    }
  }

  /** Forgets a subscription that is over or failed to load. Returns whether others have to be reloaded. */
  forget(subscription: Subscription): boolean {
    this.#settled(subscription)
    this.#dropped.delete(subscription)
    return this.#dropped.size > 0
  }

  #settled(subscription: Subscription): void {
    if (this.#reloading === subscription) this.#reloading = undefined
  }
}
