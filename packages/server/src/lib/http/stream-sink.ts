import { TidingsError } from '@tidings/core'
import { onAbort } from '../on-abort.js'
import type { Sink, SinkListener, StreamResponse } from './adapter.js'
import type { Chunk } from './chunk.js'
import { joinBytes } from './join-bytes.js'

/** How many bytes the stream holds for its host before the server waits. */
const highWaterMark = 64 * 1024

/** A request whose response is a stream. */
export interface StreamClient {
  /** Fires when the client leaves. */
  readonly signal: AbortSignal
  onLeft(reason?: unknown): void
  onOver(): void
}

/** Opens a response as a stream of the Streams Standard. */
export function openReadable(response: StreamResponse, client: StreamClient): ReadableStream<Uint8Array> {
  let sink: StreamSink | undefined
  // Not a byte stream: it would take over the memory of chunks, which other connections share.
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        sink = new StreamSink(controller, client)
        sink.listen(response.open(sink))
      },
      pull: () => sink?.onPull(),
      cancel: (reason) => sink?.onCancel(reason),
    },
    new ByteLengthQueuingStrategy({ highWaterMark }),
  )
}

/**
 * Writes to the queue of a stream, which the host empties as fast as its client reads.
 *
 * A closed stream does not say when its queue is empty. So a sink that ends stays `ending`, and closes the
 * stream once the host has taken everything.
 */
class StreamSink implements Sink {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
  readonly #client: StreamClient
  #listener: SinkListener | undefined
  #state: 'open' | 'ending' | 'closed' = 'open'
  /** Whether the server waits for room. */
  #isFull = false
  /** What was written since `cork`. */
  #corked: Uint8Array[] | undefined
  #corkedBytes = 0
  readonly #unfollow: () => void

  constructor(controller: ReadableStreamDefaultController<Uint8Array>, client: StreamClient) {
    this.#controller = controller
    this.#client = client
    // Closed, because hosts print the errors of a stream, and a client that leaves is none.
    this.#unfollow = onAbort(client.signal, () => this.#finish())
  }

  /** Sets the listener, before any event of the stream is reported. */
  listen(listener: SinkListener): void {
    this.#listener = listener
  }

  write({ bytes }: Chunk): boolean {
    if (this.#state !== 'open') return false
    if (this.#corked) {
      this.#corked.push(bytes)
      this.#corkedBytes += bytes.byteLength
    } else {
      this.#controller.enqueue(bytes)
    }
    this.#isFull = this.#room() <= this.#corkedBytes
    return !this.#isFull
  }

  cork(): void {
    this.#corked ??= []
  }

  uncork(): void {
    const corked = this.#corked ?? []
    this.#corked = undefined
    this.#corkedBytes = 0
    if (corked.length > 0 && this.#state !== 'closed') this.#controller.enqueue(joinBytes(corked))
  }

  end(): void {
    if (this.#state !== 'open') return
    this.uncork()
    this.#state = 'ending'
    if (this.#isEmpty()) this.#finish()
  }

  abort(): void {
    const error = new TidingsError({ code: 'aborted', message: 'The server closed the connection' })
    if (this.#close()) this.#controller.error(error)
  }

  /** Called when the host is ready for more. It may still have what was written before. */
  onPull(): void {
    if (!this.#isEmpty()) return
    if (this.#state === 'ending') this.#finish()
    else if (this.#isFull) {
      this.#isFull = false
      this.#listener?.onDrained()
    }
  }

  /** Called when the client has left, and the host reports it through the stream. */
  onCancel(reason: unknown): void {
    this.#close()
    this.#client.onLeft(reason)
  }

  #room(): number {
    return this.#controller.desiredSize ?? 0
  }

  #isEmpty(): boolean {
    return this.#room() === highWaterMark
  }

  #finish(): void {
    if (this.#close()) this.#controller.close()
  }

  /** Reports the end, and returns whether the stream was open until now. */
  #close(): boolean {
    if (this.#state === 'closed') return false
    this.#state = 'closed'
    this.#unfollow()
    this.#client.onOver()
    // Later, because a server that ends a stream first notes why.
    queueMicrotask(() => this.#listener?.onClosed())
    return true
  }
}
