import { encodeEventBody, type OpenSignal, signal } from '@tidings/core/wire'
import { jittered } from '../jitter.js'
import type { ResolvedOptions } from '../resolve-options.js'

/**
 * How a connection begins. `retry` is how long an EventSource waits before it reconnects by itself; clients that do that
 * on their own read it in the signal, for no EventSource tells.
 */
export function openFrame(options: Pick<ResolvedOptions<unknown>, 'heartbeatMs' | 'retryMs'>, id?: string) {
  const retryMs = Math.round(jittered(options.retryMs))
  const { heartbeatMs } = options
  const open: OpenSignal = id === undefined ? { heartbeatMs, retryMs } : { heartbeatMs, retryMs, id }
  return `retry: ${retryMs}\n${encodeEventBody(signal.open, open)}`
}
