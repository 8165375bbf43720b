import { implement, rateLimit } from '@tidings/server'
import { expressRequest } from '@tidings/server/express'
import { contract } from '../contract'
import { logging, requireAdmin, requireMember } from './middleware'
import { contextOf, storedSession } from './session'

/** Every procedure is logged. */
export const app = implement(contract, {
  context: async ({ request }) => contextOf(await storedSession(expressRequest(request))),
  principal: ({ user }) => user?.id,
}).use(logging)

/** A member may do twenty things at once, and one a second after that. */
export const members = app.use(requireMember).use(rateLimit({ burst: 20, perSecond: 1 }))
export const admins = members.use(requireAdmin)
