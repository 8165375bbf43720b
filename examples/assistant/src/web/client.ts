import type { RunOf } from '@tidings/client'
import { createClient } from '@tidings/client'
import { contract } from '../contract'

/** The page's client. The tabs of a browser share one connection, whichever answers they show. */
export const client = createClient(contract, {
  url: '/events',
  share: true,
  onError: (error, at) => console.error(error, at),
})

export type AnswerRun = RunOf<typeof contract.answer>
