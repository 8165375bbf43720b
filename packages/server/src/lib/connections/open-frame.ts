import { encodeSignal, withRetry } from '@tidings/core/wire'
import { jittered } from '../jitter.js'
import type { ResolvedOptions } from '../resolve-options.js'

/**
 * How a connection begins. `retry` is how long an EventSource waits before it reconnects by itself; clients that do that
 * on their own read it in the signal, for no EventSource tells.
 */
export function openFrame(options: Pick<ResolvedOptions<unknown>, 'heartbeatMs' | 'retryMs'>, id?: string) {
  const retryMs = Math.round(jittered(options.retryMs))
  const { heartbeatMs } = options
  const shared = id === undefined ? undefined : { id }
  return withRetry(retryMs, encodeSignal('$open', { heartbeatMs, retryMs, ...shared }))
}
