import { type RunView, useRun } from '@tidings/client/react'
import type { EventsOf, FailureOf, InputOf, OutputOf } from '@tidings/core'
import type { contract, Job } from '../contract'
import { client } from './client'
import { failureText } from './texts'

type Work = typeof contract.work
type WorkView = RunView<readonly [input: InputOf<Work>], EventsOf<Work>, OutputOf<Work>, FailureOf<Work>>

export interface JobProgress {
  readonly state: Job['state']
  /** How much is done, from 0 to 1. */
  readonly share: number
  readonly detail: string
  readonly cancel: () => void
}

/** Attaches to the run of a job, and returns how far it is, live. */
export function useJobProgress(job: Job): JobProgress {
  const run: WorkView = useRun(client.work, { id: job.id })
  return { ...progressOf(job, run), cancel: run.cancel }
}

/** Tells how far a job is by the last event of its run and its end. Before the first event, the list knows its state. */
function progressOf(job: Job, { events, output, error }: WorkView): Omit<JobProgress, 'cancel'> {
  if (output) {
    const detail = `${output.items.toLocaleString('en')} items in ${output.seconds.toFixed(1)} s`
    return { state: 'done', share: 1, detail }
  }
  const last = events.at(-1)
  const share = last?.type === 'progress' ? last.data.done / last.data.total : 0
  if (error) {
    return { state: error.code === 'cancelled' ? 'cancelled' : 'failed', share, detail: failureText(error) }
  }
  if (last?.type === 'waiting') {
    const { ahead } = last.data
    return { state: 'waiting', share, detail: ahead === 0 ? 'Next in line' : `${ahead} ahead of it` }
  }
  if (last?.type === 'progress') {
    const { done, total, item } = last.data
    return {
      state: 'running',
      share,
      detail: `${done.toLocaleString('en')} of ${total.toLocaleString('en')} · ${item}`,
    }
  }
  return { state: job.state, share: job.state === 'done' ? 1 : 0, detail: '' }
}
