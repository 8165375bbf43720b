import { TidingsError } from '@tidings/core'
import { type BackoffBounds, backoffMs } from '@tidings/core/wire'
import type { BusCoordination } from '../bus/bus.js'
import { waitAtMost, withTimeout } from '../deadline.js'
import type { CompleteResponse, TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { newNodeId } from './node-id.js'

/** How long another node may take to answer, in milliseconds. */
const answerMs = 5_000

/** Between which bounds a bus is asked again to hand over what is sent to this node. */
const retry: BackoffBounds = { minMs: 100, maxMs: 5_000 }

/** The name under which every node receives. */
const everyone = 'nodes'

/** What nodes say to each other: a request that was carried over, a question to all, and what either was answered with. */
type Message =
  | { readonly ask: number; readonly from: string; readonly request: SerializedRequest }
  | { readonly answer: CompleteResponse; readonly to: number }
  | { readonly question: unknown; readonly ask?: number; readonly from: string }
  | { readonly reply: unknown; readonly to: number; readonly from: string }

/** What a node is asked by others. */
export interface NodeRpcDeps {
  /** Answers a request that was carried here; never rejects. */
  answer(request: TidingsRequest): Promise<TidingsResponse>
  /** Answers a question that all nodes are asked. Where it rejects, this node does not reply. */
  answerQuery(question: unknown): unknown
}

/** What all nodes have replied, and how many of them there are. */
export interface Replies {
  readonly nodes: number
  /** By the names of the nodes. */
  readonly replies: ReadonlyMap<string, unknown>
}

/** A question to all that waits for replies. */
interface PendingQuery {
  readonly replies: Map<string, unknown>
  nodes: number
  complete(): void
}

/** A request as it travels. Its credentials are in it: whoever can read the bus can read them. */
interface SerializedRequest {
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
export class NodeRpc {
  /** Names this node. */
  readonly nodeId = newNodeId()
  readonly #bus: BusCoordination
  readonly #deps: NodeRpcDeps
  readonly #requests = new Map<number, (answer: CompleteResponse) => void>()
  readonly #queries = new Map<number, PendingQuery>()
  #count = 0
  readonly #stops: (() => void)[] = []
  /** Resolves when this node receives. */
  readonly #receiving: Promise<void>
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(bus: BusCoordination, home: NodeRpcDeps) {
    this.#bus = bus
    this.#deps = home
    this.#receiving = new Promise((resolve) => void this.#receive(0, resolve))
  }

  /**
   * Has a node answer a request. Resolves with nothing if there is no such node, or it is too slow to be one.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async forward(
    nodeId: string,
    request: TidingsRequest,
    json: unknown,
  ): Promise<CompleteResponse | undefined> {
    if (nodeId === this.nodeId) return undefined
    this.#count += 1
    const ask = this.#count
    let timer: NodeJS.Timeout | undefined
    const answered = new Promise<CompleteResponse | undefined>((resolve) => {
      this.#requests.set(ask, resolve)
      timer = setTimeout(() => resolve(undefined), answerMs)
    })
    try {
      const there = await this.#send(nodeId, {
        ask,
        from: this.nodeId,
        request: serializeRequest(request, json),
      })
      return there > 0 ? await answered : undefined
    } finally {
      clearTimeout(timer)
      this.#requests.delete(ask)
    }
  }

  /**
   * Asks all nodes that can be reached now, this one included. Those that have not replied in time are missing among the
   * replies.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async askAll(question: unknown): Promise<Replies> {
    await withTimeout(answerMs, this.#receiving).catch((cause) => {
      const message = 'This node is not receiving from the bus yet. Try again later'
      throw new TidingsError({ code: 'unavailable', message, cause, retryAfterMs: answerMs })
    })
    this.#count += 1
    const ask = this.#count
    let complete = () => {}
    const completed = new Promise<void>((resolve) => {
      complete = resolve
    })
    const asked: PendingQuery = { replies: new Map(), nodes: Number.POSITIVE_INFINITY, complete }
    this.#queries.set(ask, asked)
    try {
      asked.nodes = await this.#sendToAll({ question, ask, from: this.nodeId })
      if (asked.replies.size < asked.nodes) await waitAtMost(answerMs, completed)
      return { nodes: asked.nodes, replies: asked.replies }
    } finally {
      this.#queries.delete(ask)
    }
  }

  /** Tells all nodes something that needs no reply. Does nothing if the bus cannot be used. */
  notifyAll(question: unknown): void {
    this.#sendToAll({ question, from: this.nodeId }).catch(() => {})
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    for (const stop of this.#stops) stop()
  }

  async #receive(failures: number, done: () => void): Promise<void> {
    try {
      for (const name of [inboxOf(this.nodeId), everyone].slice(this.#stops.length)) {
        this.#stops.push(await this.#bus.receive(name, (text) => this.#onMessage(text)))
      }
      if (this.#isClosed) this.close()
      else done()
    } catch {
      if (this.#isClosed) return
      const again = () => void this.#receive(failures + 1, done)
      this.#retry = setTimeout(again, backoffMs(retry, failures)).unref()
    }
  }

  /** Who has asked gives up in time where this comes to nothing: what it cannot read is of another version, or not a node's. */
  #onMessage(text: string): void {
    this.#handle(text).catch(() => {})
  }

  async #handle(text: string): Promise<void> {
    const message = JSON.parse(text) as Message
    if ('reply' in message) {
      this.#onReply(message)
      return
    }
    if ('to' in message) {
      this.#requests.get(message.to)?.(message.answer)
      return
    }
    if ('question' in message) {
      const { question, ask, from } = message
      const reply = (await this.#deps.answerQuery(question)) ?? null
      if (ask !== undefined) await this.#send(from, { reply, to: ask, from: this.nodeId })
      return
    }
    const answer = await this.#deps.answer(deserializeRequest(message.request))
    if (answer.kind === 'complete') await this.#send(message.from, { to: message.ask, answer })
    else answer.drop()
  }

  #onReply({ reply, to, from }: { reply: unknown; to: number; from: string }): void {
    const asked = this.#queries.get(to)
    asked?.replies.set(from, reply)
    if (asked && asked.replies.size >= asked.nodes) asked.complete()
  }

  /** Resolves with how many nodes there are by that name. */
  #send(nodeId: string, message: Message): Promise<number> {
    return this.#bus.send(inboxOf(nodeId), JSON.stringify(message))
  }

  #sendToAll(message: Message): Promise<number> {
    return this.#bus.send(everyone, JSON.stringify(message))
  }
}

function inboxOf(nodeId: string): string {
  return `node:${nodeId}`
}

function serializeRequest(
  { method, path, query, headers, address }: TidingsRequest,
  json: unknown,
): SerializedRequest {
  return { method, path, query: query.toString(), headers: [...headers], address, json }
}

function deserializeRequest({
  method,
  path,
  query,
  headers,
  address,
  json,
}: SerializedRequest): TidingsRequest {
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
