import { type Client, createClient } from '@tidings/client'
import { contract } from '../contract'

export type PricesClient = Client<typeof contract>

/** The ways to the server. `slow` is a link that the server slows down. */
export type LinkName = 'fast' | 'slow'

const clientOf = (url: string) =>
  createClient(contract, { url, onError: (error, at) => console.error(error, at) })

/** A client for each way. A client connects when it is used, and disconnects soon after. */
export const clients: Record<LinkName, PricesClient> = {
  fast: clientOf('/events'),
  slow: clientOf('/slow/events'),
}
