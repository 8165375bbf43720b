import type { BusCoordination } from '../bus/bus.js'
import { onAbort } from '../on-abort.js'
import { pause } from '../pause.js'
import { setBackgroundInterval } from '../runtime/timers.js'

/** Milliseconds a name is held unless it is renewed: the time until another node takes over. */
const leaseMs = 10_000

/** Milliseconds between renewals, and between the attempts of waiting nodes. */
const renewMs = leaseMs / 4

/**
 * Runs a body on one node at a time: waits until this node holds a name, then runs the body. The body's signal fires
 * when the name is lost, as when the bus is unreachable for too long; then this node waits again.
 *
 * Resolves when `signal` fires. A body that ends by itself is not run again, and its name stays held.
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
    const requestedAt = performance.now()
    const isHeld = await bus.acquire(name, holder, leaseMs).catch(() => false)
    if (isHeld) await hold(bus, name, holder, requestedAt, signal, body)
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
    const requestedAt = performance.now()
    const isHeld = await bus.acquire(name, holder, leaseMs).catch(() => undefined)
    if (isHeld) heldUntil = requestedAt + leaseMs
    // If the bus does not respond, the name is still held, but no longer than before.
    if (isHeld === false || performance.now() >= heldUntil - renewMs) {
      isLost = true
      held.abort(new Error('Another node may have taken over'))
    }
  }
  const renewing = setBackgroundInterval(() => void renew(), renewMs)
  const unfollow = onAbort(signal, () => held.abort(signal.reason))
  try {
    // Not awaited: a body that ignores its signal goes on, but can no longer emit.
    void body(held.signal)
    await pause(Number.POSITIVE_INFINITY, held.signal)
  } finally {
    unfollow()
    clearInterval(renewing)
    if (!isLost) await bus.release(name, holder).catch(() => {})
  }
}
