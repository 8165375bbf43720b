import { channel, command, defineContract, isoDate } from '@tidings/core'
import * as z from 'zod'

export const roles = ['member', 'admin'] as const
export const severities = ['low', 'high', 'critical'] as const

const userId = z.string().min(1).max(40)
const role = z.enum(roles)

export const Person = z.object({ id: userId, name: z.string(), role })
export type Person = z.infer<typeof Person>

export const Incident = z.object({
  id: z.number().int(),
  title: z.string().trim().min(1).max(120),
  severity: z.enum(severities),
  reporter: userId,
  assignee: userId.nullable(),
  reportedAt: isoDate,
  closedAt: isoDate.nullable(),
})
export type Incident = z.infer<typeof Incident>

export const AuditEntry = z.object({ at: isoDate, by: userId, action: z.string() })
export type AuditEntry = z.infer<typeof AuditEntry>

export const contract = defineContract({
  incidents: {
    board: channel({
      snapshot: z.object({ incidents: z.array(Incident), people: z.array(Person) }),
      events: { incident: Incident, person: Person },
    }),
    report: command({ input: Incident.pick({ title: true, severity: true }), output: Incident }),
    assign: command({
      input: z.object({ id: z.number().int(), assignee: userId.nullable() }),
      output: Incident,
      errors: { already_closed: z.object({ closedAt: isoDate }) },
    }),
  },
  admin: {
    audit: channel({
      snapshot: z.object({ entries: z.array(AuditEntry) }),
      events: { entry: AuditEntry },
    }),
    closeIncident: command({ input: z.object({ id: z.number().int() }), output: Incident }),
    setRole: command({
      input: z.object({ userId, role }),
      output: Person,
      errors: { last_admin: z.object({ userId }) },
    }),
    endSessions: command({ input: z.object({ userId }) }),
  },
})
