import { createClient } from '@tidings/client'
import { contract } from '../contract'

/** Creates the client of a signed-in user. The user's tabs share one connection, and no other user's do. */
export function clientOf(userId: string) {
  return createClient(contract, {
    url: '/events',
    share: { as: userId },
    onError: (error, at) => console.error(error, at),
  })
}
export type TeamClient = ReturnType<typeof clientOf>
