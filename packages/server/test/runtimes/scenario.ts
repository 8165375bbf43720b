/** Runs in a bare realm: uses nothing of Node, and asserts nothing itself. */
import { createServer, memoryBus, type Sink, type SinkListener, type Tidings } from '../../src/index.js'
import { contract } from '../contract.js'

const sentAt = new Date(0)
let sends = 0

const handlers = {
  room: { snapshot: () => ({ messages: ['before'] }) },
  ticks: {},
  send: async ({ input }: { input: { text: string } }) => {
    sends += 1
    return { text: input.text, sentAt }
  },
  admin: {
    ping: async () => {},
    count: async function* ({ input }: { input: { to: number } }) {
      for (let number = 1; number <= input.to; number += 1) yield { type: 'number', data: number } as const
      return { total: input.to }
    },
  },
}

// As a program does: while its module loads.
const tidings = createServer(contract, { heartbeatMs: 200 }, handlers)

/** The globals of Node that this realm has. */
function globalsOfNode(): string[] {
  const names = ['Buffer', 'process', 'setImmediate', 'clearImmediate', 'global', 'require', 'module']
  return names.filter((name) => name in globalThis)
}

/** A stream, as its client sees it. */
class Reader implements Sink {
  text = ''
  writes = 0
  isEnded = false
  listener: SinkListener | undefined
  readonly #decoder = new TextDecoder()
  readonly #waiting = new Set<() => void>()

  write({ bytes, byteLength }: { bytes: Uint8Array; byteLength: number }): boolean {
    if (bytes.length !== byteLength) throw new Error(`${bytes.length} bytes, not ${byteLength}`)
    this.text += this.#decoder.decode(bytes, { stream: true })
    this.writes += 1
    for (const check of this.#waiting) check()
    return true
  }

  cork(): void {}
  uncork(): void {}

  end(): void {
    this.isEnded = true
    this.listener?.onClosed()
    for (const check of this.#waiting) check()
  }

  abort(): void {
    this.end()
  }

  /** Resolves once the text matches, and rejects if it does not for long. */
  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No ${pattern} in: ${this.text}`)), 20_000)
      const check = () => {
        if (!pattern.test(this.text)) return
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** Returns the event names and data of the frames from a place in the text. */
  frames(from = 0): string[] {
    const frames = this.text.slice(from).matchAll(/^event: (\S+)\ndata: (.*)$/gm)
    return [...frames].map(([, event, data]) => `${event} ${data}`)
  }

  get ids(): string[] {
    return [...this.text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => String(id))
  }
}

function ticksOf(reader: Reader): string[] {
  return reader.frames().filter((frame) => frame.startsWith('tick'))
}

interface Call {
  readonly query?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

function respond(server: Tidings<typeof contract>, method: string, path: string, call: Call) {
  return server.handle({
    method,
    path,
    query: new URLSearchParams(call.query),
    headers: new Headers({ 'content-type': 'application/json', ...call.headers }),
    address: undefined,
    signal: new AbortController().signal,
    json: async () => call.body,
  })
}

async function open(server: Tidings<typeof contract>, method: string, path: string, call: Call = {}) {
  const response = await respond(server, method, path, call)
  if (response.kind !== 'stream') throw new Error(response.body)
  const reader = new Reader()
  reader.listener = response.open(reader)
  return reader
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const response = await respond(tidings, 'POST', path, { body, headers })
  return response.kind === 'complete' ? `${response.status} ${response.body}` : response.kind
}

const lobby = tidings.emit.room({ roomId: 'lobby' })

/** Subscribes to a topic, reads its snapshot and three events of one turn, leaves, and resumes from the second. */
async function topic() {
  const first = await open(tidings, 'GET', 'room', { query: 'roomId=lobby' })
  await first.until(/event: \$snapshot\n.*\n\n/)
  const { writes, text } = first
  for (const word of ['a', 'ä€😀', 'c']) void lobby.typing(word)
  await first.until(/data: "c"\n\n/)
  const written = first.writes - writes
  first.end()
  await lobby.typing('d')
  const [, , second = ''] = first.ids
  const resumed = await open(tidings, 'GET', 'room', {
    query: 'roomId=lobby',
    headers: { 'last-event-id': second },
  })
  await lobby.typing('e')
  await resumed.until(/data: "e"\n\n/)
  await resumed.until(/\n:/)
  resumed.end()
  return {
    start: first.frames().slice(0, text.split('event: ').length - 1),
    live: first.frames(text.length),
    written,
    resumed: resumed.frames(),
  }
}

/** Subscribes to a topic on a shared connection. */
async function sharedConnection() {
  const reader = await open(tidings, 'GET', '')
  await reader.until(/\$open\ndata: .*\n\n/)
  const [, id] = /"id":"([^"]+)"/.exec(reader.text) ?? []
  const answer = await post(`$connections/${id}`, { operations: [{ subscribe: 'ticks' }] })
  for (let tick = 1; tick <= 3; tick += 1) void tidings.emit.ticks().tick(tick)
  await reader.until(/data: 3\n\n/)
  reader.end()
  return { answer, ticks: ticksOf(reader) }
}

/** Sends a command, a retry of it, and another command with the same idempotency key. */
async function command() {
  const key = { 'idempotency-key': 'once' }
  const responses = [
    await post('send', { text: 'hi' }, key),
    await post('send', { text: 'hi' }, key),
    await post('send', { text: 'ho' }, key),
  ]
  return { responses, sends }
}

async function stream() {
  const reader = await open(tidings, 'POST', 'admin/count', { body: { to: 3 } })
  await reader.until(/\$output\ndata: .*\n\n/)
  return reader.frames()
}

/** Emits on one server what a client of another reads, through a bus. */
async function bus() {
  const shared = memoryBus()
  const near = createServer(contract, { bus: shared }, handlers)
  const far = createServer(contract, { bus: memoryBus({ shareWith: shared }) }, handlers)
  const reader = await open(far, 'GET', 'ticks')
  for (let tick = 1; tick <= 3; tick += 1) void near.emit.ticks().tick(tick)
  await reader.until(/data: 3\n\n/)
  const revoked = await near.disconnect({ topic: 'ticks' })
  await Promise.all([near.close({ drainMs: 0 }), far.close({ drainMs: 0 })])
  return { ticks: ticksOf(reader), revoked, isEnded: reader.isEnded }
}

async function close() {
  const reader = await open(tidings, 'GET', 'ticks')
  await tidings.close({ drainMs: 0 })
  return { isEnded: reader.isEnded, after: await post('send', { text: 'late' }) }
}

/** Runs everything, and returns what clients have received. */
export async function run() {
  return {
    globalsOfNode: globalsOfNode(),
    topic: await topic(),
    shared: await sharedConnection(),
    command: await command(),
    stream: await stream(),
    bus: await bus(),
    close: await close(),
  }
}

export type Outcome = Awaited<ReturnType<typeof run>>
