import { channel, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

/** What a job may do. `failing` always fails at 60 %. */
export const jobKinds = ['images', 'rows', 'failing'] as const
const jobKind = z.enum(jobKinds)
export type JobKind = z.infer<typeof jobKind>

export const Job = z.object({
  /** The id of the job's run, with which every page attaches to it. */
  id: z.string(),
  kind: jobKind,
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  createdAt: isoDate,
})
export type Job = z.infer<typeof Job>

export const contract = defineContract({
  /** Each job is a run of this stream. The run has the progress of its job, and its end. */
  work: stream({
    input: z.object({ kind: jobKind }),
    events: {
      /** The job waits until `ahead` other waiting jobs, and one that runs, have ended. */
      waiting: z.object({ ahead: z.number().int() }),
      progress: z.object({ done: z.number().int(), total: z.number().int(), item: z.string() }),
    },
    output: z.object({ items: z.number().int(), seconds: z.number() }),
    errors: {
      item_failed: z.object({ item: z.string(), done: z.number().int() }),
      queue_full: z.object({ limit: z.number().int() }),
    },
  }),
  /** The list of jobs: which there are, and their states. It does not have their progress. */
  jobs: channel({
    snapshot: z.object({ jobs: z.array(Job) }),
    events: {
      /** A new job, or a new state of a job. */
      changed: Job,
      removed: z.object({ id: z.string() }),
    },
  }),
})
