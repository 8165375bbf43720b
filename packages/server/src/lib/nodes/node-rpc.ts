import { TidingsError } from '@tidings/core'
import { type BackoffBounds, backoffMs } from '@tidings/core/wire'
import type { BusCoordination } from '../bus/bus.js'
import { waitAtMost, withTimeout } from '../deadline.js'
import type { CompleteResponse, TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import { newNodeId } from './node-id.js'

/** Milliseconds another node may take to respond. */
const responseMs = 5_000

/** The delay before another attempt to receive from the bus. */
const retry: BackoffBounds = { minMs: 100, maxMs: 5_000 }

/** The name under which every node receives. */
const allNodes = 'nodes'

/** A message between nodes: a forwarded request, a query to all nodes, or the response to either. */
type Message =
  | { readonly ask: number; readonly from: string; readonly request: SerializedRequest }
  | { readonly answer: CompleteResponse; readonly to: number }
  | { readonly question: unknown; readonly ask?: number; readonly from: string }
  | { readonly reply: unknown; readonly to: number; readonly from: string }

export interface NodeRpcDeps {
  /** Handles a forwarded request. Never rejects. */
  answer(request: TidingsRequest): Promise<TidingsResponse>
  /** Answers a query to all nodes. If it rejects, this node does not reply. */
  answerQuery(query: unknown): unknown
}

/** The replies to a query. */
export interface Replies {
  /** The number of nodes that received the query. */
  readonly nodes: number
  /** By node id. */
  readonly replies: ReadonlyMap<string, unknown>
}

/** A query that waits for replies. */
interface PendingQuery {
  readonly replies: Map<string, unknown>
  nodes: number
  complete(): void
}

/** A forwarded request, with its credentials: every reader of the bus can read them. */
interface SerializedRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly address: string | undefined
  readonly json: unknown
}

/** Forwards requests to the nodes that can answer them, sends queries to all nodes, and answers both. */
export class NodeRpc {
  readonly nodeId = newNodeId()
  readonly #bus: BusCoordination
  readonly #deps: NodeRpcDeps
  readonly #requests = new Map<number, (answer: CompleteResponse) => void>()
  readonly #queries = new Map<number, PendingQuery>()
  #count = 0
  readonly #stops: (() => void)[] = []
  /** Resolves when this node receives messages. */
  readonly #receiving: Promise<void>
  #retry: Timer | undefined
  #isClosed = false

  constructor(bus: BusCoordination, deps: NodeRpcDeps) {
    this.#bus = bus
    this.#deps = deps
    this.#receiving = new Promise((resolve) => void this.#receive(0, resolve))
  }

  /**
   * Forwards a request, with these headers. Resolves with undefined if the node does not exist, or does not respond in time.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async forward(
    nodeId: string,
    request: TidingsRequest,
    headers: Headers,
    json: unknown,
  ): Promise<CompleteResponse | undefined> {
    if (nodeId === this.nodeId) return undefined
    this.#count += 1
    const ask = this.#count
    let timer: Timer | undefined
    const answered = new Promise<CompleteResponse | undefined>((resolve) => {
      this.#requests.set(ask, resolve)
      timer = setTimeout(() => resolve(undefined), responseMs)
    })
    try {
      const there = await this.#send(nodeId, {
        ask,
        from: this.nodeId,
        request: serializeRequest(request, headers, json),
      })
      return there > 0 ? await answered : undefined
    } finally {
      clearTimeout(timer)
      this.#requests.delete(ask)
    }
  }

  /**
   * Sends a query to all reachable nodes, this one included. Resolves with the replies that arrive in time.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used
   */
  async queryAll(query: unknown): Promise<Replies> {
    await withTimeout(responseMs, this.#receiving).catch((cause) => {
      const message = 'This node is not receiving from the bus yet. Try again later'
      throw new TidingsError({ code: 'unavailable', message, cause, retryAfterMs: responseMs })
    })
    this.#count += 1
    const ask = this.#count
    let complete = () => {}
    const completed = new Promise<void>((resolve) => {
      complete = resolve
    })
    const pending: PendingQuery = { replies: new Map(), nodes: Number.POSITIVE_INFINITY, complete }
    this.#queries.set(ask, pending)
    try {
      pending.nodes = await this.#sendToAll({ question: query, ask, from: this.nodeId })
      if (pending.replies.size < pending.nodes) await waitAtMost(responseMs, completed)
      return { nodes: pending.nodes, replies: pending.replies }
    } finally {
      this.#queries.delete(ask)
    }
  }

  /** Sends a query to a node that needs no reply. Has no effect if the bus cannot be used. */
  notify(nodeId: string, query: unknown): void {
    this.#send(nodeId, { question: query, from: this.nodeId }).catch(() => {})
  }

  /** Sends a query to all nodes that needs no reply. Has no effect if the bus cannot be used. */
  notifyAll(query: unknown): void {
    this.#sendToAll({ question: query, from: this.nodeId }).catch(() => {})
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    for (const stop of this.#stops) stop()
  }

  async #receive(failures: number, done: () => void): Promise<void> {
    try {
      for (const name of [inboxOf(this.nodeId), allNodes].slice(this.#stops.length)) {
        this.#stops.push(await this.#bus.receive(name, (text) => this.#onMessage(text)))
      }
      if (this.#isClosed) this.close()
      else done()
    } catch {
      if (this.#isClosed) return
      const again = () => void this.#receive(failures + 1, done)
      this.#retry = setBackgroundTimeout(again, backoffMs(retry, failures))
    }
  }

  /** Ignores a message that fails, as one of another version may. Its sender has a time limit. */
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
    const pending = this.#queries.get(to)
    pending?.replies.set(from, reply)
    if (pending && pending.replies.size >= pending.nodes) pending.complete()
  }

  /** Resolves with the number of receivers. */
  #send(nodeId: string, message: Message): Promise<number> {
    return this.#bus.send(inboxOf(nodeId), JSON.stringify(message))
  }

  #sendToAll(message: Message): Promise<number> {
    return this.#bus.send(allNodes, JSON.stringify(message))
  }
}

function inboxOf(nodeId: string): string {
  return `node:${nodeId}`
}

function serializeRequest(
  { method, path, query, address }: TidingsRequest,
  headers: Headers,
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
    headers: new Headers(headers.map(([name, value]): [string, string] => [name, value])),
    address,
    signal: new AbortController().signal,
    json: async () => json,
  }
}
