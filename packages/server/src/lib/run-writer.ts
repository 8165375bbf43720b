import { TidingsError } from '@tidings/core'
import { type CompiledStream, encodeEventBody, signal, toProblem, withId } from '@tidings/core/wire'
import { Chunk } from './chunk.js'
import { type Beating, type Heartbeat, heartbeatChunk } from './heartbeat.js'
import type { Sink, SinkListener } from './http.js'

/** How much a handler that does not await its `emit` may run ahead of its client. */
const maxBacklogBytes = 1024 * 1024

/** A promise that others keep. */
interface Waiting {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

/** What a run needs of its server to be written. */
export interface RunHome {
  readonly heartbeat: Heartbeat
  readonly options: { readonly heartbeatMs: number; readonly stallMs: number }
}

/** Writes the events of one run of a stream, no faster than its client reads them. */
export class RunWriter implements Beating, SinkListener {
  readonly #compiled: CompiledStream
  readonly #sink: Sink
  readonly #home: RunHome
  #sent = 0
  #isOver = false
  /** The count of beats when something was written last. */
  #writtenBeat: number
  #backlogBytes = 0
  /** There while the client reads slowly. */
  #drain: Waiting | undefined

  constructor(compiled: CompiledStream, sink: Sink, home: RunHome) {
    this.#compiled = compiled
    this.#sink = sink
    this.#home = home
    this.#writtenBeat = home.heartbeat.count
    home.heartbeat.add(this)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * Validates and writes one of the stream's events; resolves when the client takes more.
   *
   * @throws TidingsError `invalid_output` if there is no such event or its payload does not fit
   */
  event(type: unknown, payload: unknown): Promise<void> {
    const { events, path } = this.#compiled
    const plan = events.get(String(type))
    if (!plan) {
      const message = `The stream ${path} has no event "${String(type)}". It has: ${[...events.keys()].join(', ')}`
      throw new TidingsError({ code: 'invalid_output', message })
    }
    return this.#write(encodeEventBody(String(type), plan.encode(payload, `${path}.${String(type)}`)))
  }

  /** The methods of the `emit` of a handler that is an async function. */
  emitters(): Readonly<Record<string, (payload: unknown) => Promise<void>>> {
    const emitters: Record<string, (payload: unknown) => Promise<void>> = {}
    for (const type of this.#compiled.events.keys()) emitters[type] = (payload) => this.event(type, payload)
    return emitters
  }

  /** Writes the output and ends. */
  finish(output: unknown): void {
    if (this.#isOver) return
    const json = this.#compiled.output.encode(output, `the output of ${this.#compiled.path}`)
    this.#end(encodeEventBody(signal.output, json ?? null))
  }

  /** Writes an error, which others may see, and ends. */
  fail(error: TidingsError): void {
    if (!this.#isOver) this.#end(encodeEventBody(signal.error, toProblem(error)))
  }

  beat(): void {
    const { heartbeat, options } = this.#home
    if (this.#drain) {
      if (!heartbeat.isPast(options.stallMs, this.#writtenBeat)) return
      this.closed()
      this.#sink.abort()
    } else if (heartbeat.isNearly(options.heartbeatMs, this.#writtenBeat)) {
      this.#writtenBeat = heartbeat.count
      this.#sink.write(heartbeatChunk)
    }
  }

  drained(): void {
    this.#backlogBytes = 0
    this.#drain?.resolve()
    this.#drain = undefined
  }

  closed(): void {
    this.#isOver = true
    this.#home.heartbeat.remove(this)
    this.#drain?.reject(clientLeft())
    this.#drain = undefined
  }

  #write(body: string): Promise<void> {
    if (this.#isOver) throw clientLeft()
    if (this.#drain && this.#backlogBytes > maxBacklogBytes) {
      const message = `The client of ${this.#compiled.path} reads slower than its handler emits. Await each emit`
      throw new TidingsError({ code: 'invalid_output', message })
    }
    const frame = this.#frame(body)
    if (this.#drain) this.#backlogBytes += frame.byteLength
    if (!this.#sink.write(frame)) this.#drain ??= waiting()
    return this.#drain?.promise ?? Promise.resolve()
  }

  #end(body: string): void {
    this.#sink.write(this.#frame(body))
    this.#sink.end()
    this.closed()
  }

  #frame(body: string): Chunk {
    this.#sent += 1
    this.#writtenBeat = this.#home.heartbeat.count
    return new Chunk(withId(String(this.#sent), body))
  }
}

function clientLeft(): TidingsError {
  return new TidingsError({ code: 'aborted', message: 'The client has left' })
}

function waiting(): Waiting {
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<void>((resolver, rejecter) => {
    resolve = resolver
    reject = rejecter
  })
  // Whoever does not await an emit does not learn of its failure; it must not end the process.
  promise.catch(() => {})
  return { promise, resolve, reject }
}
