import { encodeSignal, eventStreamContentType, type SignalName, type Signals } from '@tidings/core/wire'

const encoder = new TextEncoder()

/** The connection of a mocked client: an event stream that is open. */
export class MockConnection {
  readonly id: string
  readonly response: Response
  /** What is sent at the end of the turn. */
  #frames = ''
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined

  constructor(id: string) {
    this.id = id
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.#stream = stream
      },
      cancel: () => {
        this.#stream = undefined
      },
    })
    this.response = new Response(body, { headers: { 'Content-Type': eventStreamContentType } })
    // 0: no heartbeat follows, and the client does not wait for one.
    this.signal('$open', { id, heartbeatMs: 0, retryMs: 0 })
  }

  /** Sends a frame, in one chunk with the others of this turn, as a server does. */
  send(frame: string): void {
    // Not queueMicrotask, which fake timers may replace.
    if (!this.#frames) void Promise.resolve().then(() => this.#flush())
    this.#frames += frame
  }

  signal<Name extends SignalName>(name: Name, payload: Signals[Name]): void {
    this.send(encodeSignal(name, payload))
  }

  /** Breaks the connection with an error, or ends it. */
  close(error?: unknown): void {
    this.#flush()
    const stream = this.#stream
    this.#stream = undefined
    if (error === undefined) stream?.close()
    else stream?.error(error)
  }

  #flush(): void {
    if (this.#frames) this.#stream?.enqueue(encoder.encode(this.#frames))
    this.#frames = ''
  }
}
