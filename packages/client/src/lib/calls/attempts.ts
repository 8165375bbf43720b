import type { TidingsError } from '@tidings/core'
import { backoffMs, isReceived } from '@tidings/core/wire'
import { elapsedMs } from '../connection/clock.js'
import { abortError } from '../connection/failures.js'
import { onAbort } from '../on-abort.js'
import type { RequestOptions } from '../options/request-options.js'

/** The most times a request is sent when the network fails. */
const maxAttempts = 4

/** The time that a request may take with all its attempts. */
export interface Attempts {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** When that time is over, by `elapsedMs()`. */
  readonly endsAt: number
  /**
   * Milliseconds the first attempt may take; each further one may take twice as long. For a request that a server
   * answers at once: it may be sent on a kept-alive connection that is dead. Defaults to all the time.
   */
  readonly firstMs?: number
}

/** The time of one attempt, and the time of all, which the message of a timeout names. */
export interface AttemptTime {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly ofMs: number
}

/**
 * Sends a request that takes effect once, however often it is sent. Sends it again when the network fails.
 *
 * @throws TidingsError what `send` throws, and `aborted` when the signal fires
 */
export async function attempt<Result>(
  { reconnect }: RequestOptions,
  { signal, timeoutMs, endsAt, firstMs = timeoutMs }: Attempts,
  send: (time: AttemptTime) => Promise<Result>,
): Promise<Result> {
  for (let count = 1; ; count += 1) {
    const leftMs = Math.max(endsAt - elapsedMs(), 0)
    const ownMs = firstMs * 2 ** (count - 1)
    const hasMore = count < maxAttempts && ownMs < leftMs
    try {
      return await send({ signal, timeoutMs: hasMore ? ownMs : leftMs, ofMs: timeoutMs })
    } catch (cause) {
      const error = cause as TidingsError
      const isSlow = hasMore && error.code === 'timeout' && !isReceived(error)
      if (!(isSlow || isNetworkFailure(error)) || count >= maxAttempts) throw error
      const delay = isSlow ? 0 : backoffMs(reconnect, count - 1)
      if (elapsedMs() + delay >= endsAt) throw error
      await pause(delay, signal)
    }
  }
}

/** Whether the network failed, or a gateway did not reach the server. */
function isNetworkFailure({ code, status }: TidingsError): boolean {
  return code === 'network' || (code === 'invalid_response' && [502, 503, 504].includes(status))
}

/** @throws TidingsError when the signal fires */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      forget()
      resolve()
    }, ms)
    const forget = onAbort(signal, () => {
      clearTimeout(timer)
      reject(abortError(signal))
    })
  })
}
