import { setBackgroundInterval, type Timer } from '../runtime/timers.js'
import type { StoredResponse } from './stored-response.js'

/**
 * The most that is stored. `overheadBytes` is about what a response takes besides its body.
 *
 * Past a limit of an account, its oldest response is dropped. Past the total, the oldest of the address with
 * the most bytes.
 */
const limits = {
  responsesOfAccount: 1_000,
  bytesOfAccount: 2 * 1024 * 1024,
  bytes: 32 * 1024 * 1024,
  overheadBytes: 1024,
}

/** How often expired responses are removed, in milliseconds. */
const sweepMs = 10_000

/** The account and address whose limits a response counts against. */
export interface ResponseOwner {
  /** A principal, credentials, or an address. */
  readonly account: string
  /** The address of the caller. */
  readonly address: string | undefined
}

interface Entry extends ResponseOwner {
  readonly stored: StoredResponse
  readonly bytes: number
  /** In milliseconds of a monotonic clock. */
  readonly expiresAt: number
}

/** Responses by id, oldest first, within limits. */
export class ResponseStore {
  readonly #onDropped: (id: string) => void
  readonly #entries = new Map<string, Entry>()
  readonly #byAccount = new Groups()
  readonly #byAddress = new Groups()
  #bytes = 0
  /** Set while the store has entries. */
  #sweepTimer: Timer | undefined

  /** @param onDropped called with each response that is dropped before it expires */
  constructor(onDropped: (id: string) => void) {
    this.#onDropped = onDropped
  }

  get(id: string): StoredResponse | undefined {
    const entry = this.#entries.get(id)
    return entry && entry.expiresAt > performance.now() ? entry.stored : undefined
  }

  add(id: string, stored: StoredResponse, { account, address }: ResponseOwner, ms: number): void {
    this.#remove(id)
    const bytes = (stored.response ? stored.bytes : 0) + limits.overheadBytes
    this.#entries.set(id, { account, address, stored, bytes, expiresAt: performance.now() + ms })
    this.#bytes += bytes
    this.#byAddress.add(String(address), id, bytes)
    const own = this.#byAccount.add(account, id, bytes)
    while (own.ids.size > limits.responsesOfAccount || own.bytes > limits.bytesOfAccount)
      this.#dropOldest(own)
    while (this.#bytes > limits.bytes) this.#dropOldest(this.#byAddress.largest())
    this.#sweepTimer ??= setBackgroundInterval(() => this.#sweep(), sweepMs)
  }

  clear(): void {
    clearInterval(this.#sweepTimer)
    this.#entries.clear()
  }

  #dropOldest({ ids }: Group): void {
    const [oldest] = ids
    if (oldest === undefined) return
    const { expiresAt } = this.#entries.get(oldest) as Entry
    this.#remove(oldest)
    if (expiresAt > performance.now()) this.#onDropped(oldest)
  }

  #sweep(): void {
    const now = performance.now()
    for (const [id, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#remove(id)
    if (this.#entries.size > 0) return
    clearInterval(this.#sweepTimer)
    this.#sweepTimer = undefined
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    const { account, address, bytes } = entry
    this.#entries.delete(id)
    this.#bytes -= bytes
    this.#byAccount.remove(account, id, bytes)
    this.#byAddress.remove(String(address), id, bytes)
  }
}

interface Group {
  /** Oldest first. */
  readonly ids: Set<string>
  bytes: number
}

/** The ids and bytes of responses, by account or address. */
class Groups {
  readonly #byName = new Map<string, Group>()

  add(name: string, id: string, bytes: number): Group {
    const group = this.#byName.get(name) ?? { ids: new Set(), bytes: 0 }
    this.#byName.set(name, group)
    group.ids.add(id)
    group.bytes += bytes
    return group
  }

  remove(name: string, id: string, bytes: number): void {
    const group = this.#byName.get(name)
    if (!group?.ids.delete(id)) return
    group.bytes -= bytes
    if (group.ids.size === 0) this.#byName.delete(name)
  }

  /**
   * Returns the group with the most bytes. A scan is enough: a full store has some ten thousand groups at
   * most.
   */
  largest(): Group {
    let largest: Group = { ids: new Set(), bytes: 0 }
    for (const group of this.#byName.values()) if (group.bytes > largest.bytes) largest = group
    return largest
  }
}
