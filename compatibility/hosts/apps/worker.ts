import type { Tidings } from '@tidings/server'
import { fetchHandler } from '@tidings/server/fetch'
import type { contract } from './contract.js'
import { createTidings } from './create-tidings.js'

interface Env {
  readonly EVENTS: DurableObjectNamespace
}

/** The Durable Object in which the server lives: the topics are in the memory of one instance. */
export class Events {
  // workerd notices that a client has left when it writes to it, so heartbeats are closer than by default.
  readonly #tidings: Tidings<typeof contract> = createTidings(10_000)
  readonly fetch = fetchHandler(this.#tidings, {
    // Cloudflare sets this header, and a client cannot.
    address: (request) => request.headers.get('cf-connecting-ip') ?? undefined,
  })
}

/** The Worker, which passes each request to that instance. */
export default {
  fetch: (request: Request, env: Env) => env.EVENTS.get(env.EVENTS.idFromName('events')).fetch(request),
}
