import { TidingsError } from '@tidings/core'
import { contract } from '../contract'
import { admins } from './app'
import { addEntry, changeIncident, incidentOf, lastEntries } from './incident-store'
import { allUsers, endSessions, setRole } from './users'

/** What only admins may do. */
export const admin = admins.handlers(contract.admin, {
  audit: { snapshot: () => ({ entries: lastEntries() }) },

  closeIncident: async ({ input, context, emit }) => {
    const { closedAt } = incidentOf(input.id)
    const incident = changeIncident(input.id, { closedAt: closedAt ?? new Date() })
    await emit.incidents.board().incident(incident)
    await emit.admin.audit().entry(addEntry(context.user.id, `closed #${input.id}`))
    return incident
  },

  setRole: async ({ input, context, emit, fail }) => {
    const { userId, role } = input
    const isLast = allUsers().every((user) => user.role !== 'admin' || user.id === userId)
    if (role !== 'admin' && isLast) throw fail('last_admin', { userId })
    const person = setRole(userId, role) ?? unknownUser(userId)
    await emit.incidents.board().person(person)
    await emit.admin.audit().entry(addEntry(context.user.id, `made ${userId} ${role}`))
    return person
  },

  endSessions: async ({ input, context, emit }) => {
    const { id } = endSessions(input.userId) ?? unknownUser(input.userId)
    await emit.admin.audit().entry(addEntry(context.user.id, `signed ${id} out everywhere`))
  },
})

function unknownUser(id: string): never {
  throw new TidingsError({ code: 'not_found', message: `There is no user ${id}` })
}
