import { TidingsError } from '@tidings/core'
import { type CompiledStream, encodeEventBody, signal, toProblem, withId } from '@tidings/core/wire'
import { Outlet, type OutletHome, type OutletOwner } from '../connections/outlet.js'
import type { Sink, SinkListener } from '../http/http.js'
import { Chunk } from '../log/chunk.js'

/** How much a handler that does not await its `emit` may run ahead of its client. */
const maxBacklogBytes = 1024 * 1024

/** A promise that others keep. */
interface Waiting {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

/** Writes the events of one run of a stream, no faster than its client reads them. */
export class RunWriter implements OutletOwner, SinkListener {
  readonly #compiled: CompiledStream
  readonly #home: OutletHome
  readonly #outlet: Outlet
  #sent = 0
  #isOver = false
  #backlogBytes = 0
  /** There while the client reads slowly. */
  #drain: Waiting | undefined

  constructor(compiled: CompiledStream, sink: Sink, home: OutletHome) {
    this.#compiled = compiled
    this.#home = home
    this.#outlet = new Outlet(home, sink, this)
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

  cut(_reason: string, error?: unknown): void {
    this.#leave()
    if (error !== undefined) this.#home.publicError(error, this.#compiled.path)
  }

  drained(): void {
    this.#outlet.drained()
    this.#backlogBytes = 0
    this.#drain?.resolve()
    this.#drain = undefined
  }

  closed(): void {
    this.#outlet.closed()
    this.#leave()
  }

  #write(body: string): Promise<void> {
    if (this.#isOver) throw clientLeft()
    if (this.#drain && this.#backlogBytes > maxBacklogBytes) {
      const message = `The client of ${this.#compiled.path} reads slower than its handler emits. Await each emit`
      throw new TidingsError({ code: 'invalid_output', message })
    }
    const frame = this.#frame(body)
    if (this.#drain) this.#backlogBytes += frame.byteLength
    this.#outlet.write(frame)
    if (this.#isOver) throw clientLeft()
    if (this.#outlet.isFull) this.#drain ??= waiting()
    return this.#drain?.promise ?? Promise.resolve()
  }

  #end(body: string): void {
    this.#outlet.write(this.#frame(body))
    this.#outlet.end()
    this.#leave()
  }

  #leave(): void {
    this.#isOver = true
    this.#drain?.reject(clientLeft())
    this.#drain = undefined
  }

  #frame(body: string): Chunk {
    this.#sent += 1
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
