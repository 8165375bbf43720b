import type { TidingsError } from '@tidings/core'
import type { Job, JobKind } from '../contract'
import { client } from './client'

export const kindTexts: Readonly<Record<JobKind, { title: string; about: string }>> = {
  images: { title: 'Resize 40 images', about: '10 seconds' },
  rows: { title: 'Import 10,000 rows', about: '8 seconds' },
  failing: { title: 'Send 50 invoices', about: 'always fails at 60 %' },
}

export const stateTexts: Readonly<Record<Job['state'], string>> = {
  waiting: 'Waiting',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** Explains why a job did not end as it should have. */
export function failureText(error: TidingsError): string {
  if (client.work.isError(error)) {
    if (error.code === 'item_failed') return `${error.data.item} could not be handled`
    if (error.code === 'queue_full') return `${error.data.limit} jobs are waiting already. Try again later`
  }
  switch (error.code) {
    case 'cancelled':
      return 'Cancelled in one of the pages'
    case 'interrupted':
    case 'unavailable':
      return 'The server was stopped in the middle of this job'
    case 'not_found':
      return 'The server does not have this job any more'
    case 'network':
      return 'The server could not be reached'
    default:
      return error.message
  }
}
