import { createClient } from '@tidings/client'
import { contract } from '@tidings/example-chat/contract'

// Next renders client components on the server too, where there is no page and the client makes no request.
const origin = typeof location === 'undefined' ? 'http://localhost' : location.origin

/** The page's client. One is enough for every topic and command. */
export const client = createClient(contract, {
  url: `${origin}/events`,
  onError: (error, at) => console.error(error, at),
})
