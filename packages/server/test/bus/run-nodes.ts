import { createServer as createHttp } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { defineContract, stream } from '@tidings/core'
import type { ControlOperation } from '@tidings/core/wire'
import { listenOnFreePort, until } from '@tidings/test-kit'
import { expect, onTestFinished } from 'vitest'
import * as z from 'zod'
import { type Bus, createServer, type ServerOptions } from '../../src/index.js'
import { nodeHandler } from '../../src/node.js'
import { type OpenStream, open, openShared, post } from '../harness.js'

/** A contract with a stream whose handler a test controls. */
export const contract = defineContract({
  tell: stream({
    input: z.object({ story: z.string() }),
    events: { word: z.string() },
    output: z.object({ words: z.number() }),
  }),
})

/** The handler of one run. */
export interface Telling {
  /** The name of its node. */
  readonly node: string
  readonly story: string
  readonly signal: AbortSignal
  say(word: string): Promise<void>
  end(words: number): void
}

/** The settings of the stream. */
export interface Settings {
  lingerMs?: number
  keepMs?: number
  maxBytes?: number
}

/** The nodes of a service, and what its handlers do. */
export class Service {
  /** The handlers that have begun, on any node. */
  readonly tellings: Telling[] = []
  readonly #settings: Settings

  constructor(settings: Settings = {}) {
    this.#settings = settings
  }

  /** Starts a node with a bus of its own. */
  async node(name: string, bus: Bus, options: Partial<ServerOptions<string>> = {}) {
    const errors: unknown[] = []
    const tidings = createServer(
      contract,
      {
        bus,
        context: ({ headers }) => headers.get('x-user') ?? '',
        principal: (user) => user || undefined,
        onError: (error) => errors.push(error),
        ...options,
      },
      {
        tell: {
          ...this.#settings,
          run: ({ input, emit, signal }) =>
            new Promise((resolve) => {
              const end = (words: number) => resolve({ words })
              const { story } = input
              signal.addEventListener('abort', () => end(-1))
              this.tellings.push({ node: name, story, signal, say: (word) => emit.word(word), end })
            }),
        },
      },
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const server = createHttp(nodeHandler(tidings))
    await listenOnFreePort(server)
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    return new Node(tidings, `http://127.0.0.1:${port}/events`, errors)
  }

  /** Waits for the handler of a story, and returns it. */
  async telling(story: string): Promise<Telling> {
    await until(
      () => this.tellings.some((each) => each.story === story),
      `the handler of "${story}" had begun`,
    )
    return this.tellings.find((each) => each.story === story) as Telling
  }
}

/** A node of a service. */
export class Node {
  readonly tidings: { close(options: { drainMs: number }): Promise<void> }
  readonly url: string
  readonly errors: readonly unknown[]

  constructor(tidings: Node['tidings'], url: string, errors: readonly unknown[]) {
    this.tidings = tidings
    this.url = url
    this.errors = errors
  }

  /** Starts a run without reading it. */
  start(id: string, story: string, user = 'ada') {
    const headers = { 'x-user': user, 'idempotency-key': id, prefer: 'respond-async' }
    return post(`${this.url}/tell`, { story }, headers)
  }

  /** Starts a run and reads it. */
  startAndRead(id: string, story: string): Promise<OpenStream> {
    return open(`${this.url}/tell`, {
      method: 'POST',
      headers: { 'x-user': 'ada', 'idempotency-key': id, 'content-type': 'application/json' },
      body: JSON.stringify({ story }),
    })
  }

  /** Reads a run, from its beginning or from a cursor. */
  read(id: string, cursor?: string): Promise<OpenStream> {
    const headers = { 'x-user': 'ada', ...(cursor !== undefined && { 'last-event-id': cursor }) }
    return open(`${this.url}/tell?$run=${id}`, { headers })
  }

  cancel(id: string, user = 'ada') {
    return post(`${this.url}/$runs/${id}`, {}, { 'x-user': user })
  }

  /** Opens a shared connection. Returns its stream, and what sends it operations. */
  async share() {
    const { stream, control, id } = await openShared(this.url, { 'x-user': 'ada' })
    return {
      stream,
      id,
      control: async (...operations: ControlOperation[]) => {
        const { status, results } = await control(operations)
        expect(status).toBe(200)
        return results
      },
    }
  }

  /** Opens a connection that reads a run, and can stop reading. */
  async readSlowly(id: string): Promise<Socket & { text(): string }> {
    const { hostname, port } = new URL(this.url)
    const socket = connect(Number(port), hostname)
    onTestFinished(() => {
      socket.destroy()
    })
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      text += data
    })
    socket.write(`GET /events/tell?$run=${id} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-User: ada\r\n\r\n`)
    return Object.assign(socket, { text: () => text })
  }
}

/** Returns the frames of a run: what came after `$open`, as names with data. */
export function framesOf({ events }: OpenStream): [event: string | undefined, data: unknown][] {
  return events.filter(({ event }) => event !== '$open').map(({ event, data }) => [event, JSON.parse(data)])
}

/** Returns the words that a reader has received. */
export function wordsOf(stream: OpenStream): unknown[] {
  return framesOf(stream).flatMap(([event, data]) => (event === 'word' ? [data] : []))
}

/** Returns the code with which a run has failed for a reader. */
export function failureOf(stream: OpenStream): unknown {
  const [event, data] = framesOf(stream).at(-1) ?? []
  return event === '$error' ? (data as { code: string }).code : undefined
}

let count = 0

/** Returns an id of a run that no other test uses. */
export function newRunId(): string {
  count += 1
  return `${crypto.randomUUID()}-${count}`
}

/** A bus that a test can cut off from its node. */
export interface Cuttable {
  readonly bus: Bus
  /** From now on, the node neither reaches the bus nor hears of it. */
  cut(): void
  restore(): void
}

export function cuttable(bus: Bus): Cuttable {
  let isCut = false
  const refuse = () => Promise.reject(new Error('It is cut off'))
  const doubters = new Set<() => void>()
  const proxy = new Proxy(bus, {
    get(target, name: keyof Bus) {
      if (name === 'onPossibleLoss') {
        return (listener: () => void) => {
          doubters.add(listener)
          return () => doubters.delete(listener)
        }
      }
      const member = target[name]
      if (typeof member !== 'function' || name === 'close') {
        return typeof member === 'function' ? member.bind(target) : member
      }
      return (...args: unknown[]) => {
        if (isCut) return refuse()
        const heard = args.map((arg) =>
          typeof arg === 'function' ? (message: unknown) => isCut || arg(message) : arg,
        )
        return (member as (...given: unknown[]) => unknown).apply(target, heard)
      }
    },
  })
  return {
    bus: proxy,
    cut: () => {
      isCut = true
    },
    restore: () => {
      isCut = false
      for (const doubt of doubters) doubt()
    },
  }
}
