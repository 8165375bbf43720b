import { TidingsError } from '@tidings/core'
import { Link, type LinkHandler, type LostPart } from './link.js'

/** The network between a test's clients and its server. Every function concerns one client, made by `server.client()`. */
export interface TestNetwork {
  /**
   * Breaks what is open and on its way, as a broken socket does: requests and streams fail at the client, and the
   * server sees that the client has left. Further requests fail until {@link restore}.
   */
  cut(client: object): void
  /**
   * Lets nothing through, in either direction, and tells neither side, as a network that is dead: each finds out by
   * its own timeouts. What is held arrives after {@link restore}.
   */
  hold(client: object): void
  /** Ends what the other functions began. The client connects again after its own backoff, or at `client.reconnect()`. */
  restore(client: object): void
  /** Has every request, and every part of a response, take so many milliseconds of the test's clock. 0 ends it. */
  delay(client: object, ms: number): void
  /**
   * Loses the client's next requests, or their responses: `request` does not reach the server; with `response`, the
   * server handles it. The client sees a broken connection in both cases.
   *
   * @param count how many requests are concerned. Defaults to 1
   */
  lose(client: object, part: LostPart, count?: number): void
}

/** The links of a server's clients. */
export class Network implements TestNetwork {
  readonly #links = new WeakMap<object, Link>()

  /** Returns the `fetch` of a client that {@link connect} names when it exists. */
  link(handle: LinkHandler): Link {
    return new Link(handle)
  }

  connect(client: object, link: Link): void {
    this.#links.set(client, link)
  }

  cut(client: object): void {
    this.#linkOf(client, 'cut').cut()
  }

  hold(client: object): void {
    this.#linkOf(client, 'hold').hold()
  }

  restore(client: object): void {
    this.#linkOf(client, 'restore').restore()
  }

  delay(client: object, ms: number): void {
    const link = this.#linkOf(client, 'delay')
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new RangeError(`network.delay: ms is ${String(ms)}. Give a number of milliseconds, 0 or more`)
    }
    link.delay(ms)
  }

  lose(client: object, part: LostPart, count = 1): void {
    const link = this.#linkOf(client, 'lose')
    if (part !== 'request' && part !== 'response') {
      throw new TypeError(`network.lose: the part is ${String(part)}. Give 'request' or 'response'`)
    }
    link.lose(part, count)
  }

  #linkOf(client: object, method: string): Link {
    const link = this.#links.get(client)
    if (link) return link
    const message = `network.${method}: the client was not made by this server. Make it with server.client()`
    throw new TidingsError({ code: 'invalid_options', message })
  }
}
