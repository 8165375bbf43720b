import { delivered } from './delivery.js'

/** Handles the requests of a link. */
export type LinkHandler = (request: Request) => Promise<Response>

/** A request and its response, while either is on its way. */
interface Exchange {
  /** Fires at the server when the client has left. */
  readonly left: AbortController
  /** Fails at the client. */
  fail(error: unknown): void
}

/** The part of a message that the network loses. */
export type LostPart = 'request' | 'response'

/** The network between one client and the server. It passes on requests and responses, as its state allows. */
export class Link {
  readonly #handle: LinkHandler
  readonly #exchanges = new Set<Exchange>()
  /** The messages that will be lost, in order. */
  readonly #losses: LostPart[] = []
  #isCut = false
  /** Resolves when nothing is held any more. */
  #held: { readonly done: Promise<void>; release(): void } | undefined
  #delayMs = 0

  constructor(handle: LinkHandler) {
    this.#handle = handle
  }

  cut(): void {
    this.#isCut = true
    this.#release()
    for (const exchange of [...this.#exchanges]) this.#break(exchange)
  }

  hold(): void {
    if (this.#held) return
    let release = () => {}
    const done = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#held = { done, release }
  }

  restore(): void {
    this.#isCut = false
    this.#delayMs = 0
    this.#losses.length = 0
    this.#release()
  }

  delay(ms: number): void {
    this.#delayMs = ms
  }

  lose(part: LostPart, count: number): void {
    for (let n = 0; n < count; n += 1) this.#losses.push(part)
  }

  /** The `fetch` of the client. */
  readonly fetch = (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const signal = init.signal ?? undefined
    return new Promise((resolve, reject) => {
      const left = new AbortController()
      let failBody: ((error: unknown) => void) | undefined
      const exchange: Exchange = {
        left,
        fail: (error) => {
          reject(error)
          failBody?.(error)
        },
      }
      const leave = () => {
        exchange.fail(signal?.reason)
        this.#end(exchange)
        // A network that holds everything does not tell the server either.
        void this.#passed().then(() => left.abort())
      }
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      signal?.addEventListener('abort', leave, { once: true })
      left.signal.addEventListener('abort', () => signal?.removeEventListener('abort', leave))
      this.#exchanges.add(exchange)
      const onBody = (body: ReadableStream<Uint8Array>, headers: Promise<void>) => {
        const stream = delivered(body, {
          headers,
          delayMs: () => this.#delayMs,
          passed: () => this.#passed(),
          onEnd: () => {
            signal?.removeEventListener('abort', leave)
            this.#end(exchange)
          },
          onCancel: () => left.abort(),
        })
        failBody = stream.fail
        return stream.body
      }
      this.#exchange(new Request(url, { ...init, signal: left.signal }), exchange, onBody).then(
        resolve,
        (error) => {
          signal?.removeEventListener('abort', leave)
          this.#end(exchange)
          reject(error)
        },
      )
    })
  }

  async #exchange(
    request: Request,
    exchange: Exchange,
    onBody: (body: ReadableStream<Uint8Array>, headers: Promise<void>) => ReadableStream<Uint8Array>,
  ): Promise<Response> {
    const lost = this.#losses.shift()
    await this.#travel()
    if (this.#isCut || lost === 'request' || !this.#exchanges.has(exchange)) throw broken('fetch failed')
    const { status, headers, body } = await this.#handle(request)
    if (lost === 'response') this.#break(exchange)
    if (!this.#exchanges.has(exchange)) {
      await body?.cancel().catch(() => {})
      throw broken('fetch failed')
    }
    const arrived = this.#travel()
    // Before the headers have arrived: a chunk that is sent with them travels with them.
    const arriving = body && onBody(body, arrived)
    await arrived
    if (!this.#exchanges.has(exchange)) throw broken('fetch failed')
    if (!arriving) this.#end(exchange)
    return new Response(arriving, { status, headers })
  }

  /** Ends an exchange as a socket that breaks does: both sides learn of it. */
  #break(exchange: Exchange): void {
    this.#end(exchange)
    exchange.fail(broken('terminated'))
    exchange.left.abort()
  }

  #end(exchange: Exchange): void {
    this.#exchanges.delete(exchange)
  }

  #release(): void {
    this.#held?.release()
    this.#held = undefined
  }

  async #passed(): Promise<void> {
    while (this.#held) await this.#held.done
  }

  async #travel(): Promise<void> {
    const ms = this.#delayMs
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    await this.#passed()
  }
}

/** Returns the error that `fetch` rejects with when the network fails. */
function broken(message: string): TypeError {
  return new TypeError(message, { cause: new Error('the network of the test is cut, or lost it') })
}
