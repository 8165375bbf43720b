import { pause } from './pause.js'

/** Milliseconds a condition may take to hold, on a machine that runs many tests at once. */
const patienceMs = 45_000

/** Milliseconds between two attempts. A condition that is asynchronous mostly costs a request. */
const everyMs = { synchronous: 2, asynchronous: 20 }

/**
 * Waits until a condition holds, and rejects after 45 seconds. A condition that throws does not hold yet.
 *
 * @param what completes "waited in vain until …"
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  const deadline = Date.now() + patienceMs
  let failure: unknown
  while (true) {
    let everyMsNow = everyMs.synchronous
    try {
      const held = holds()
      if (typeof held !== 'boolean') everyMsNow = everyMs.asynchronous
      if (await held) return
      failure = undefined
    } catch (error) {
      failure = error
    }
    if (Date.now() > deadline) {
      const message = `waited in vain until ${typeof what === 'string' ? what : what()}`
      throw new Error(message, failure === undefined ? undefined : { cause: failure })
    }
    await pause(everyMsNow)
  }
}
