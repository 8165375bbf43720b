// Many slow readers of runs in a process of their own: see memory.ts.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { serveParent } from '../lib/child.js'

/** What all readers have received. */
export interface Received {
  readonly events: number
  /** The number of events of the slowest reader. */
  readonly least: number
  /** Events that were not the next one. */
  readonly outOfOrder: number
}

/** How slowly each reader reads. */
const bytesAtOnce = 8 * 1024
const everyMs = 1_000

/** A connection that starts a run, and takes a little of its events at a time. */
class SlowReader {
  received = 0
  outOfOrder = 0
  readonly #socket: Socket
  #rest = ''

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async start(port: number, id: string, body: string): Promise<SlowReader> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => {})
    socket.write(
      `POST /events/write HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: ${id}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    // Without a listener for its data, a socket reads no further than its buffer.
    await once(socket, 'readable')
    return new SlowReader(socket)
  }

  read(): void {
    const bytes: Buffer | null = this.#socket.read(bytesAtOnce) ?? this.#socket.read()
    if (!bytes) return
    const text = this.#rest + bytes.toString('latin1')
    const end = text.lastIndexOf('\n') + 1
    for (const [, seq] of text.slice(0, end).matchAll(/"seq":(\d+)/g)) {
      this.received += 1
      if (Number(seq) !== this.received) this.outOfOrder += 1
    }
    this.#rest = text.slice(end)
  }

  leave(): void {
    this.#socket.destroy()
  }
}

const readers: SlowReader[] = []
setInterval(() => {
  for (const reader of readers) reader.read()
}, everyMs)

const commands = {
  /** Starts runs with a reader each. Resolves with their ids. */
  async start({ port, runs, body }: { port: number; runs: number; body: string }): Promise<string[]> {
    const ids = Array.from({ length: runs }, () => randomUUID())
    const left = [...ids]
    const startSome = async () => {
      for (let id = left.pop(); id; id = left.pop()) readers.push(await SlowReader.start(port, id, body))
    }
    await Promise.all(Array.from({ length: 32 }, startSome))
    return ids
  },

  received: (): Received => ({
    events: readers.reduce((sum, { received }) => sum + received, 0),
    least: Math.min(...readers.map(({ received }) => received)),
    outOfOrder: readers.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0),
  }),

  leave() {
    for (const reader of readers) reader.leave()
  },
}

export type SlowReadersCommands = typeof commands

serveParent(commands)
