import { encodeSignal, type OpenSignal, withRetry } from '@tidings/core/wire'
import { jittered } from '../jitter.js'

export interface OpenFrameOptions {
  readonly heartbeatMs: number
  readonly retryMs: number
}

/**
 * Returns the first frame of a connection.
 *
 * An EventSource obeys `retry` and does not expose it, so the signal repeats it for clients that reconnect
 * themselves. See decision 004.
 */
export function openFrame(
  options: OpenFrameOptions,
  names?: Pick<OpenSignal, 'id' | 'run' | 'contract'>,
): string {
  const { heartbeatMs } = options
  const retryMs = Math.round(jittered(options.retryMs))
  return withRetry(retryMs, encodeSignal('$open', { heartbeatMs, retryMs, ...names }))
}
