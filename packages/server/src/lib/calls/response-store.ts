import type { StoredResponse } from './stored-response.js'

/**
 * How much is kept at the most. `overheadBytes` is about what an answer takes besides its body.
 *
 * Beyond the first two, the account's oldest answer is forgotten; beyond the last, the oldest of the address that has most.
 */
const most = {
  answersOfAccount: 1_000,
  bytesOfAccount: 2 * 1024 * 1024,
  bytes: 32 * 1024 * 1024,
  overheadBytes: 1024,
}

/** How often what has expired is looked for. */
const sweepMs = 10_000

/** Who an answer is counted to. */
export interface ResponseOwner {
  /** A principal, or credentials, or an address. */
  readonly account: string
  /** The address of the caller. */
  readonly address: string | undefined
}

interface Entry extends ResponseOwner {
  readonly kept: StoredResponse
  readonly bytes: number
  /** In milliseconds of a monotonic clock. */
  readonly expiresAt: number
}

/** Answers by id, oldest first, within bounds. */
export class ResponseStore {
  readonly #onForgotten: (id: string) => void
  readonly #entries = new Map<string, Entry>()
  readonly #byAccount = new Groups()
  readonly #byAddress = new Groups()
  #bytes = 0
  // Runs only while something is kept.
  #sweeping: NodeJS.Timeout | undefined

  /** @param forgotten told of each answer that is forgotten before it expires */
  constructor(forgotten: (id: string) => void) {
    this.#onForgotten = forgotten
  }

  get(id: string): StoredResponse | undefined {
    const entry = this.#entries.get(id)
    return entry && entry.expiresAt > performance.now() ? entry.kept : undefined
  }

  /** @param ms for how long */
  add(id: string, kept: StoredResponse, { account, address }: ResponseOwner, ms: number): void {
    this.#remove(id)
    const bytes = (kept.response ? kept.bytes : 0) + most.overheadBytes
    this.#entries.set(id, { account, address, kept, bytes, expiresAt: performance.now() + ms })
    this.#bytes += bytes
    this.#byAddress.add(String(address), id, bytes)
    const own = this.#byAccount.add(account, id, bytes)
    while (own.ids.size > most.answersOfAccount || own.bytes > most.bytesOfAccount) this.#forgetOldest(own)
    while (this.#bytes > most.bytes) this.#forgetOldest(this.#byAddress.largest())
    this.#sweeping ??= setInterval(() => this.#sweep(), sweepMs).unref()
  }

  clear(): void {
    clearInterval(this.#sweeping)
    this.#entries.clear()
  }

  #forgetOldest({ ids }: Group): void {
    const [oldest] = ids
    if (oldest === undefined) return
    const { expiresAt } = this.#entries.get(oldest) as Entry
    this.#remove(oldest)
    if (expiresAt > performance.now()) this.#onForgotten(oldest)
  }

  #sweep(): void {
    const now = performance.now()
    for (const [id, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#remove(id)
    if (this.#entries.size > 0) return
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
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

/** Which answers are counted to each of several names. */
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

  /** The group with the most bytes. Looked for where everything is full, among some ten thousand at the most. */
  largest(): Group {
    let largest: Group = { ids: new Set(), bytes: 0 }
    for (const group of this.#byName.values()) if (group.bytes > largest.bytes) largest = group
    return largest
  }
}
