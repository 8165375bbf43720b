import { createClient } from '@tidings/client'
import { contract } from '@tidings/example-chat/contract'

/** The page's client. One is enough for every topic and command. */
export const client = createClient(contract, {
  url: '/events',
  onError: (error, at) => console.error(error, at),
})
