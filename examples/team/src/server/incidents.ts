import { TidingsError } from '@tidings/core'
import { contract } from '../contract'
import { members } from './app'
import { addEntry, addIncident, allIncidents, changeIncident, incidentOf } from './incident-store'
import { allUsers, userOf } from './users'

/** What every member may do. */
export const incidents = members.handlers(contract.incidents, {
  board: { snapshot: () => ({ incidents: allIncidents(), people: allUsers() }) },

  report: async ({ input, context, emit }) => {
    // Stored before it is emitted, because a snapshot that is loaded after the emit must contain it.
    const incident = addIncident({ ...input, reporter: context.user.id })
    await emit.incidents.board().incident(incident)
    await emit.admin.audit().entry(addEntry(context.user.id, `reported #${incident.id}`))
    return incident
  },

  assign: async ({ input, context, emit, fail }) => {
    const { closedAt } = incidentOf(input.id)
    if (closedAt) throw fail('already_closed', { closedAt })
    const assignee = input.assignee === null ? null : userOf(input.assignee)
    if (assignee === undefined) {
      throw new TidingsError({ code: 'not_found', message: `There is no user ${input.assignee}` })
    }
    const incident = changeIncident(input.id, { assignee: assignee?.id ?? null })
    await emit.incidents.board().incident(incident)
    const action = assignee
      ? `assigned #${input.id} to ${assignee.id}`
      : `took #${input.id} from its assignee`
    await emit.admin.audit().entry(addEntry(context.user.id, action))
    return incident
  },
})
