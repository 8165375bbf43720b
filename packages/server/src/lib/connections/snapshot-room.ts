import type { Subscription } from '../log/subscription.js'

/** How many bytes of snapshots one connection, and all of a server, keep for clients that have not read them yet. */
export const snapshotBytes = { ofOne: 1024 * 1024, ofAll: 64 * 1024 * 1024 }

/** How many bytes of snapshots all connections of a server keep. */
export interface SnapshotBytes {
  held: number
}

/**
 * The snapshots that wait for the client of one connection to read them.
 *
 * A snapshot for which there is no room is dropped, and loaded again once the client reads: one at a time, so that a client
 * that reads slowly has no more loaded for it than it reads.
 */
export class SnapshotRoom {
  readonly #all: SnapshotBytes
  readonly #dropped = new Set<Subscription>()
  #held = 0
  #reloading: Subscription | undefined

  constructor(all: SnapshotBytes) {
    this.#all = all
  }

  /**
   * Takes so many bytes, or notes that the subscription has to be reloaded.
   *
   * @param isWritable whether the client has room for what is written now: what it takes at once always fits
   */
  hold(subscription: Subscription, bytes: number, isWritable: boolean): boolean {
    this.#settled(subscription)
    const { ofOne, ofAll } = snapshotBytes
    const fits = this.#held + bytes <= ofOne && this.#all.held + bytes <= ofAll
    if (!fits && !(isWritable && this.#held === 0)) {
      this.#dropped.add(subscription)
      return false
    }
    this.#held += bytes
    this.#all.held += bytes
    return true
  }

  release(bytes: number): void {
    this.#held -= bytes
    this.#all.held -= bytes
  }

  /** The client has room: loads the next snapshot that was dropped. */
  reloadNext(): void {
    if (this.#reloading || this.#held > 0) return
    for (const subscription of this.#dropped) {
      this.#dropped.delete(subscription)
      if (!subscription.reload()) continue
      this.#reloading = subscription
      return
    }
  }

  /** A subscription is over, or failed to load. Says whether others have to be reloaded. */
  forget(subscription: Subscription): boolean {
    this.#settled(subscription)
    this.#dropped.delete(subscription)
    return this.#dropped.size > 0
  }

  #settled(subscription: Subscription): void {
    if (this.#reloading === subscription) this.#reloading = undefined
  }
}
