import type { EventsOf, EventUnion, SnapshotOf } from '@tidings/core'
import type { contract } from '../contract'

type List = SnapshotOf<typeof contract.jobs>
type ListEvent = EventUnion<EventsOf<typeof contract.jobs>>

/** Folds an event into the list of jobs. */
export function fold({ jobs }: List, event: ListEvent): List {
  if (event.type === 'removed') return { jobs: jobs.filter(({ id }) => id !== event.data.id) }
  const job = event.data
  const isListed = jobs.some(({ id }) => id === job.id)
  return { jobs: isListed ? jobs.map((other) => (other.id === job.id ? job : other)) : [...jobs, job] }
}
