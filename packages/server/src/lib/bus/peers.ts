import { randomBytes } from 'node:crypto'
import { type BackoffBounds, backoffMs } from '@tidings/core/wire'
import type { Answer, CompleteAnswer, TidingsRequest } from '../http/http.js'
import type { Bus } from './bus.js'

/** How long another node may take to answer, in milliseconds. */
const answerMs = 5_000

/** Between which bounds a bus is asked again to hand over what is sent to this node. */
const retry: BackoffBounds = { minMs: 100, maxMs: 5_000 }

/** What nodes say to each other: a request that was carried over, and what it was answered with. */
type Message =
  | { readonly ask: number; readonly from: string; readonly request: CarriedRequest }
  | { readonly answer: CompleteAnswer; readonly to: number }

/** A request as it travels. Its credentials are in it: whoever can read the bus can read them. */
interface CarriedRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly address: string | undefined
  readonly json: unknown
}

/**
 * Carries requests that only another node can answer to it, and answers those that come from there, as if they had come
 * here.
 */
export class Peers {
  /** Names this node. */
  readonly nodeId = randomBytes(6).toString('base64url')
  readonly #bus: Bus
  readonly #answer: (request: TidingsRequest) => Promise<Answer>
  readonly #asked = new Map<number, (answer: CompleteAnswer) => void>()
  #count = 0
  #stopReceiving: (() => void) | undefined
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  /** @param answer answers a request that was carried here; never rejects */
  constructor(bus: Bus, answer: (request: TidingsRequest) => Promise<Answer>) {
    this.#bus = bus
    this.#answer = answer
    void this.#receive(0)
  }

  /**
   * Has a node answer a request. Resolves with nothing if there is no such node, or it is too slow to be one.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async forward(nodeId: string, request: TidingsRequest, json: unknown): Promise<CompleteAnswer | undefined> {
    if (nodeId === this.nodeId) return undefined
    this.#count += 1
    const ask = this.#count
    let timer: NodeJS.Timeout | undefined
    const answered = new Promise<CompleteAnswer | undefined>((resolve) => {
      this.#asked.set(ask, resolve)
      timer = setTimeout(() => resolve(undefined), answerMs)
    })
    try {
      const isThere = await this.#say(nodeId, { ask, from: this.nodeId, request: carry(request, json) })
      return isThere ? await answered : undefined
    } finally {
      clearTimeout(timer)
      this.#asked.delete(ask)
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#stopReceiving?.()
  }

  async #receive(failures: number): Promise<void> {
    try {
      const stop = await this.#bus.receive(inboxOf(this.nodeId), (text) => this.#hear(text))
      if (this.#isClosed) stop()
      else this.#stopReceiving = stop
    } catch {
      if (this.#isClosed) return
      this.#retry = setTimeout(() => void this.#receive(failures + 1), backoffMs(retry, failures)).unref()
    }
  }

  /** Who has asked gives up in time where this comes to nothing: what it cannot read is of another version, or not a node's. */
  #hear(text: string): void {
    this.#heed(text).catch(() => {})
  }

  async #heed(text: string): Promise<void> {
    const message = JSON.parse(text) as Message
    if ('to' in message) {
      this.#asked.get(message.to)?.(message.answer)
      return
    }
    const answer = await this.#answer(uncarry(message.request))
    if (answer.kind === 'complete') await this.#say(message.from, { to: message.ask, answer })
    else answer.drop()
  }

  #say(nodeId: string, message: Message): Promise<boolean> {
    return this.#bus.send(inboxOf(nodeId), JSON.stringify(message))
  }
}

function inboxOf(nodeId: string): string {
  return `node:${nodeId}`
}

function carry({ method, path, query, headers, address }: TidingsRequest, json: unknown): CarriedRequest {
  return { method, path, query: query.toString(), headers: [...headers], address, json }
}

function uncarry({ method, path, query, headers, address, json }: CarriedRequest): TidingsRequest {
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: new Headers(headers.map(([name, value]) => [name, value])),
    address,
    signal: new AbortController().signal,
    json: async () => json,
  }
}
