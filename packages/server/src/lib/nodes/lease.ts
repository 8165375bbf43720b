import type { BusCoordination } from '../bus/bus.js'
import { onAbort } from '../on-abort.js'
import { pause } from '../pause.js'

/** For how long a name is held that is not renewed, in milliseconds: how long it takes until another node takes over. */
const leaseMs = 10_000

/** How often it is renewed, and how often those look who wait for it. */
const renewMs = leaseMs / 4

/**
 * Does something on one node at a time: waits until this one holds a name, and then does it. Its signal fires when the
 * name is lost, as where the bus cannot be reached for too long; it then waits again.
 *
 * Resolves when `signal` fires. What ends by itself is not done again, and its name is held on to.
 *
 * @param holder unique to this call
 * @param body must not reject
 */
export async function whileHeld(
  bus: BusCoordination,
  name: string,
  holder: string,
  signal: AbortSignal,
  body: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const askedAt = performance.now()
    const isHeld = await bus.acquire(name, holder, leaseMs).catch(() => false)
    if (isHeld) await hold(bus, name, holder, askedAt, signal, body)
    else await pause(renewMs * (0.5 + Math.random()), signal)
  }
}

async function hold(
  bus: BusCoordination,
  name: string,
  holder: string,
  acquiredAt: number,
  signal: AbortSignal,
  body: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const held = new AbortController()
  let isLost = false
  let heldUntil = acquiredAt + leaseMs
  const renew = async () => {
    const askedAt = performance.now()
    const isHeld = await bus.acquire(name, holder, leaseMs).catch(() => undefined)
    if (isHeld) heldUntil = askedAt + leaseMs
    // Where the bus says nothing, it may be held still, and for no longer than it was.
    if (isHeld === false || performance.now() >= heldUntil - renewMs) {
      isLost = true
      held.abort(new Error('Another node may have taken over'))
    }
  }
  const renewing = setInterval(() => void renew(), renewMs).unref()
  const unfollow = onAbort(signal, () => held.abort(signal.reason))
  try {
    // What goes on regardless is not waited for: it is kept from emitting.
    void body(held.signal)
    await pause(Number.POSITIVE_INFINITY, held.signal)
  } finally {
    unfollow()
    clearInterval(renewing)
    if (!isLost) await bus.release(name, holder).catch(() => {})
  }
}
