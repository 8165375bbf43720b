import { createClient } from '@tidings/client'
import { contract } from '../contract'

/** The page's client. One connection carries the list and the runs of all its jobs. */
export const client = createClient(contract, {
  url: '/events',
  onError: (error, at) => console.error(error, at),
})
