import { isTidingsError, TidingsError } from '@tidings/core'
import type { Middleware } from '@tidings/server'
import type { Person } from '../contract'
import type { Context } from './session'

/** Prints each call and subscription: what, by whom, how long it took, and how it ended. */
export const logging: Middleware = async ({ procedure, principal = 'nobody', next }) => {
  const begin = performance.now()
  let outcome = 'ok'
  try {
    return await next()
  } catch (error) {
    outcome = isTidingsError(error) ? error.code : 'failed'
    throw error
  } finally {
    const ms = (performance.now() - begin).toFixed(1)
    console.log(`${procedure.kind} ${procedure.path} by ${principal}: ${outcome}, ${ms} ms`)
  }
}

/** Refuses callers that are not signed in. What follows has a `user`. */
export const requireMember: Middleware<Context, { user: Person }> = ({ context, next }) => {
  const { user } = context
  if (!user) throw new TidingsError({ code: 'unauthorized', message: 'Sign in first' })
  return next({ context: { user } })
}

/** Refuses members that are not admins. */
export const requireAdmin: Middleware<{ user: Person }> = ({ context, procedure, next }) => {
  if (context.user.role === 'admin') return next()
  throw new TidingsError({ code: 'forbidden', message: `Only an admin may use ${procedure.path}` })
}
