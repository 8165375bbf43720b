import { createClient } from '@tidings/client'
import { contract } from '../contract'

/** The one client of the page: all that it watches goes through it. */
export const client = createClient(contract, {
  url: '/events',
  onError: (error, at) => console.error(error, at),
})
