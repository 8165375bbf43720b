import { encodeSignal, eventStreamContentType, type SignalName, type Signals } from '@tidings/core/wire'

const encoder = new TextEncoder()

/** The connection of a mocked client: an event stream that is open. */
export class MockConnection {
  readonly id: string
  readonly response: Response
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

  get isOpen(): boolean {
    return this.#stream !== undefined
  }

  send(frame: string): void {
    this.#stream?.enqueue(encoder.encode(frame))
  }

  signal<Name extends SignalName>(name: Name, payload: Signals[Name]): void {
    this.send(encodeSignal(name, payload))
  }

  /** Breaks the connection with an error, or ends it. */
  close(error?: unknown): void {
    const stream = this.#stream
    this.#stream = undefined
    if (error === undefined) stream?.close()
    else stream?.error(error)
  }
}
