import { implement } from '@tidings/server'
import { expressRequest } from '@tidings/server/express'
import { contract } from '../contract'
import { logging, requireAdmin, requireMember } from './middleware'
import { contextOf } from './session'

/** Every procedure is logged. */
export const app = implement(contract, {
  context: ({ request }) => contextOf(expressRequest(request).session),
  principal: ({ user }) => user?.id,
}).use(logging)

export const members = app.use(requireMember)
export const admins = members.use(requireAdmin)
