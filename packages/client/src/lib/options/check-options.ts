import { maxTimerMs } from '@tidings/core/wire'
import { type ClientOptions, reconnectBounds } from './client-options.js'
import { invalidOptions } from './invalid-options.js'

/**
 * Checks the options that a program sets once, and that work nowhere if they are wrong.
 *
 * @throws TidingsError `invalid_options`
 */
export function checkOptions(options: ClientOptions): void {
  const { url, headers, EventSource, reconnect } = options
  const { minMs, maxMs } = reconnectBounds(reconnect)
  if (/[?#]/.test(String(url))) {
    throw invalidOptions(`url is ${url}. Give the mount without a query or fragment`)
  }
  if (!(minMs >= 0 && maxMs >= minMs)) {
    throw invalidOptions(
      `reconnect is from ${minMs} to ${maxMs} ms. Give a minMs of 0 or more and a maxMs of minMs or more`,
    )
  }
  if (headers && EventSource) {
    throw invalidOptions('a custom EventSource cannot send headers. Remove one of the two')
  }
  checkTime('timeoutMs', options.timeoutMs, 1)
  checkTime('lingerMs', options.lingerMs, 0)
}

function checkTime(name: string, ms: unknown, least: number): void {
  if (ms === undefined || (typeof ms === 'number' && ms >= least && ms <= maxTimerMs)) return
  throw invalidOptions(`${name} is ${String(ms)}. Give a number from ${least} to ${maxTimerMs}`)
}
