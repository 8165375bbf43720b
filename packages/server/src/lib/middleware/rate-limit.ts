import { TidingsError } from '@tidings/core'
import { invalidOptions, kindOf, requireKnownKeys } from '../validate-options.js'
import { type CallerKey, callerKey } from './caller-key.js'
import type { ServerMiddleware } from './middleware.js'
import { bucketsOf } from './rate-buckets.js'

/** The options of {@link rateLimit}. */
export interface RateLimitOptions<Context = unknown> {
  /** The number of requests that a caller may make at once. */
  readonly burst: number
  /** The number of further requests a second: `0.1` for one every ten seconds. */
  readonly perSecond: number
  /**
   * What a caller is known by: its principal, its address, or the text that a function returns. A caller without one is
   * not limited, nor is one for whom the function returns `undefined`. All addresses of an IPv6 network, its first 64
   * bits, count as one.
   *
   * Defaults to the principal, and to the address for a caller without a principal. `onError` is called once if callers
   * have neither.
   */
  readonly by?: CallerKey<Context>
  /**
   * Separates the limit from others with the same `burst` and `perSecond`, which count the same requests without it.
   * Nodes of a service know a limit by its name.
   *
   * Defaults to no name.
   */
  readonly name?: string
}

const optionNames = ['burst', 'perSecond', 'by', 'name']

/**
 * Limits how often a caller may use the procedures of an app: `app.use(rateLimit({ burst: 20, perSecond: 2 }))`.
 *
 * Each caller has one bucket of `burst` tokens, which refills with `perSecond` tokens a second. Every call of a command
 * or stream and every subscription takes a token, whichever of the procedures it is for. Without a token, it is refused
 * with 429 `too_many_requests` and `Retry-After`. Renewed credentials and responses that are replayed for an idempotency
 * key take none.
 *
 * With a bus, the nodes of a service share the buckets. While the bus does not answer, each node has its own.
 *
 * @throws TidingsError `invalid_options`
 */
export function rateLimit<Context = unknown>(options: RateLimitOptions<Context>): ServerMiddleware<Context> {
  requireKnownKeys('options', options, optionNames, 'rateLimit')
  const { by, name = '' } = options
  if (typeof name !== 'string') throw invalidOptions(`name is ${kindOf(name)}. Give a text`, 'rateLimit')
  const rate = {
    burst: requireNumber('burst', options.burst, (burst) => burst >= 1, 'of 1 or more'),
    perSecond: requireNumber('perSecond', options.perSecond, (perSecond) => perSecond > 0, 'above 0'),
  }
  const keyOf = callerKey(by)
  // With the rate, so that nodes with another one, of an older version of the service, have buckets of their own.
  const prefix = `${JSON.stringify(name)} ${rate.burst}/${rate.perSecond}`
  return {
    start(server) {
      const buckets = bucketsOf(server)
      const ownKeyOf = keyOf(server)
      return async (request) => {
        const { procedure, isRenewal, next } = request
        const key = isRenewal ? undefined : ownKeyOf(request)
        if (key === undefined) return next()
        const retryAfterMs = await buckets.take(`${prefix} ${key}`, rate, procedure)
        if (retryAfterMs === 0) return next()
        const seconds = Math.ceil(retryAfterMs / 1_000)
        const message = `You are requesting "${procedure.path}" too often. Try again in ${seconds} s`
        throw new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
      }
    },
  }
}

function requireNumber(
  name: string,
  given: unknown,
  isAllowed: (value: number) => boolean,
  range: string,
): number {
  if (typeof given === 'number' && Number.isFinite(given) && isAllowed(given)) return given
  const what = typeof given === 'number' ? String(given) : kindOf(given)
  throw invalidOptions(`${name} is ${what}. Give a number ${range}`, 'rateLimit')
}
