import { TidingsError } from '@tidings/core'
import { invalidOptions, kindOf } from '../validate-options.js'
import { clientNetwork } from './client-network.js'
import type { MiddlewareRequest, MiddlewareServer } from './middleware.js'

/** A call or subscription, as the function `by` receives it. */
export type LimitedRequest<Context> = Omit<MiddlewareRequest<Context>, 'next'>

/** What a caller is known by. */
export type CallerKey<Context> =
  | 'principal'
  | 'address'
  | ((request: LimitedRequest<Context>) => string | undefined)

/** Returns what identifies the caller of a request; undefined for a caller who is not limited. */
export type KeyOf<Context> = (request: LimitedRequest<Context>) => string | undefined

/**
 * Returns how a server identifies callers. Kinds of keys are kept apart: no principal can name an address.
 *
 * @throws TidingsError `invalid_options`
 */
export function callerKey<Context>(
  by: CallerKey<Context> | undefined,
): (server: MiddlewareServer) => KeyOf<Context> {
  if (typeof by === 'function') return () => (request) => keyed('by', requireText(by(request), request))
  if (by === 'principal') return () => principalKey
  if (by !== 'address' && by !== undefined) {
    const given = typeof by === 'string' ? JSON.stringify(by) : kindOf(by)
    throw invalidOptions(`by is ${given}. Give 'principal', 'address' or a function`, 'rateLimit')
  }
  return ({ onError }) => {
    let isReported = false
    return ({ principal, address, procedure }) => {
      if (by === undefined && principal !== undefined) return principalKey({ principal })
      if (address === undefined && !isReported) {
        isReported = true
        onError(unknownCaller(procedure.path), { place: procedure.path })
      }
      return keyed('address', address && clientNetwork(address))
    }
  }
}

function principalKey({ principal }: { readonly principal: string | undefined }): string | undefined {
  return keyed('principal', principal)
}

function keyed(kind: string, key: string | undefined): string | undefined {
  return key === undefined ? undefined : `${kind} ${key}`
}

function requireText(key: unknown, { procedure }: LimitedRequest<unknown>): string | undefined {
  if (key === undefined || typeof key === 'string') return key
  const message = `rateLimit: by returned ${kindOf(key)} for "${procedure.path}". Return a text, or undefined for no limit`
  throw new TidingsError({ code: 'internal', message })
}

function unknownCaller(path: string): TidingsError {
  const message = `rateLimit: the address of callers of "${path}" is unknown, so they are not limited. Let the adapter know it, or give the option by`
  return new TidingsError({ code: 'internal', message })
}
