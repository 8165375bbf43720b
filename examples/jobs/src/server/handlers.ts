import type { Handlers } from '@tidings/server'
import type { contract, Job } from '../contract'
import { JobList } from './job-list'
import { kinds } from './kinds'
import type { Pause } from './pause'
import { Queue } from './queue'

/** Milliseconds a job is listed, and its run can be read, after its end. */
const keepMs = 3_600_000

export interface JobHandlersOptions {
  /** How many jobs run at a time. */
  readonly workers: number
  /** How many more may wait. */
  readonly maxWaiting: number
  /** Waits for as long as a batch of a job takes. */
  readonly pause: Pause
}

export function jobHandlers({
  workers,
  maxWaiting,
  pause,
}: JobHandlersOptions): Handlers<typeof contract, unknown> {
  const queue = new Queue(workers, maxWaiting)
  const list = new JobList({ ended: 50, keepMs })
  return {
    jobs: { snapshot: () => ({ jobs: list.all }) },
    work: {
      run: async ({ id, input: { kind }, emit, broadcast, signal, fail }) => {
        if (queue.isFull) throw fail('queue_full', { limit: queue.limit })
        const createdAt = new Date()
        const setState = (state: Job['state']) =>
          list.set(
            { id, kind, state, createdAt },
            {
              onChanged: (job) => void broadcast.jobs().changed(job),
              onRemoved: (removed) => void broadcast.jobs().removed({ id: removed }),
            },
          )
        const { total, batch, batchMs, nameOf, failsAt } = kinds[kind]
        const work = async () => {
          setState('running')
          const startedAt = performance.now()
          for (let done = 0; done < total; done += batch) {
            await emit.progress({ done, total, item: nameOf(done + batch) })
            await pause(batchMs, signal)
            if (done + batch === failsAt) throw fail('item_failed', { item: nameOf(failsAt), done })
          }
          return { items: total, seconds: (performance.now() - startedAt) / 1_000 }
        }
        setState('waiting')
        try {
          const output = await queue.run(work, signal, (ahead) => void emit.waiting({ ahead }))
          setState('done')
          return output
        } catch (error) {
          // The signal fires when a page cancels the run, and when the server closes.
          setState(signal.aborted ? 'cancelled' : 'failed')
          throw error
        }
      },
      // Every page may follow and cancel every job, as in a tool of one team. In an app with users, leave this out, and
      // only the user who started a job may.
      authorize: () => true,
      // A job is done to its end, whether or not a page looks on, and can be read for an hour after that.
      lingerMs: Number.POSITIVE_INFINITY,
      keepMs,
    },
  }
}
