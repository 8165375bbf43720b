import { TidingsError } from '@tidings/core'
import type { AuditEntry, Incident } from '../contract'

// A database in a real app.
const incidents = new Map<number, Incident>()
const entries: AuditEntry[] = []

export function allIncidents(): Incident[] {
  return [...incidents.values()]
}

/** @throws TidingsError `not_found` */
export function incidentOf(id: number): Incident {
  const incident = incidents.get(id)
  if (!incident) throw new TidingsError({ code: 'not_found', message: `There is no incident ${id}` })
  return incident
}

export function addIncident(reported: Pick<Incident, 'title' | 'severity' | 'reporter'>): Incident {
  const id = incidents.size + 1
  return save({ ...reported, id, assignee: null, reportedAt: new Date(), closedAt: null })
}

export function changeIncident(id: number, changes: Pick<Incident, 'assignee'> | Pick<Incident, 'closedAt'>) {
  return save({ ...incidentOf(id), ...changes })
}

export function lastEntries(): AuditEntry[] {
  return entries.slice(-50)
}

export function addEntry(by: string, action: string): AuditEntry {
  const entry = { at: new Date(), by, action }
  entries.push(entry)
  return entry
}

function save(incident: Incident): Incident {
  incidents.set(incident.id, incident)
  return incident
}
