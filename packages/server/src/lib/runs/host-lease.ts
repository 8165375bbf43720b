import type { BusCoordination } from '../bus/bus.js'
import { setBackgroundInterval, type Timer } from '../runtime/timers.js'

/** Milliseconds a node that runs handlers may be silent before other nodes take its runs for interrupted. */
const leaseMs = 6_000

/** Milliseconds between renewals. */
const renewMs = leaseMs / 4

/** The proof that a node runs the handlers of its runs. */
export interface Lease {
  /** A name on the bus, which the node holds. */
  readonly name: string
  readonly isHeld: boolean
}

interface HeldLease extends Lease {
  /** The number of runs that go on. */
  users: number
  /** In milliseconds of a monotonic clock. */
  heldUntil: number
}

/**
 * Holds a name on the bus while this node has runs that go on. When the name is gone, any node may end these runs as
 * interrupted.
 *
 * A lease that was lost never comes back: later runs get one with another name.
 */
export class HostLease {
  readonly #bus: BusCoordination
  readonly #nodeId: string
  readonly #onLost: (lease: Lease) => void
  #current: HeldLease | undefined
  #timer: Timer | undefined
  #count = 0

  /** @param onLost called when the bus was unreachable for so long that other nodes may end the runs */
  constructor(bus: BusCoordination, nodeId: string, onLost: (lease: Lease) => void) {
    this.#bus = bus
    this.#nodeId = nodeId
    this.#onLost = onLost
  }

  /**
   * Returns the lease for a run, which releases it when it ends. The bus has the name: it may have lost it since it was
   * renewed.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async use(): Promise<Lease> {
    for (;;) {
      this.#current ??= this.#create()
      const lease = this.#current
      lease.users += 1
      let isHeld = false
      try {
        isHeld = await this.#extend(lease)
        if (isHeld) return lease
      } finally {
        if (!isHeld) lease.users -= 1
      }
      this.#lose(lease)
    }
  }

  release(lease: Lease): void {
    ;(lease as HeldLease).users -= 1
  }

  /** Releases the name, so that runs which have not ended are interrupted at once. */
  async close(): Promise<void> {
    if (this.#current) await this.#drop(this.#current)
  }

  #create(): HeldLease {
    this.#count += 1
    const lease = {
      name: `host:${this.#nodeId}.${this.#count}`,
      users: 0,
      heldUntil: performance.now() + leaseMs,
      get isHeld() {
        return performance.now() < this.heldUntil
      },
    }
    this.#timer = setBackgroundInterval(() => void this.#renew(lease), renewMs)
    return lease
  }

  /** Holds the name for longer. Resolves with false if it was lost. */
  async #extend(lease: HeldLease): Promise<boolean> {
    const requestedAt = performance.now()
    const isOurs = await this.#bus.acquire(lease.name, this.#nodeId, leaseMs)
    // Not after its end: another node may have seen that the name was gone.
    if (!isOurs || !lease.isHeld) return false
    lease.heldUntil = Math.max(lease.heldUntil, requestedAt + leaseMs)
    return true
  }

  async #renew(lease: HeldLease): Promise<void> {
    if (lease.users === 0) {
      await this.#drop(lease)
      return
    }
    const isHeld = await this.#extend(lease).catch(() => lease.isHeld)
    if (!isHeld) this.#lose(lease)
  }

  #lose(lease: HeldLease): void {
    if (this.#end(lease)) this.#onLost(lease)
  }

  async #drop(lease: HeldLease): Promise<void> {
    if (!this.#end(lease)) return
    await this.#bus.release(lease.name, this.#nodeId).catch(() => {})
  }

  /** Returns whether the lease was the current one. */
  #end(lease: HeldLease): boolean {
    if (this.#current !== lease) return false
    lease.heldUntil = Number.NEGATIVE_INFINITY
    clearInterval(this.#timer)
    this.#current = undefined
    return true
  }
}
