import { TidingsError } from '@tidings/core'
import { type CompiledStream, encodeEventBody, encodeSignal, toProblem, withId } from '@tidings/core/wire'
import type { Sink, SinkListener } from '../http/adapter.js'
import { Chunk } from '../http/chunk.js'
import { MonitoredSink, type MonitoredSinkCallbacks, type MonitoredSinkDeps } from '../http/monitored-sink.js'
import { ignorable, rejected } from '../ignorable.js'

/** How many bytes a handler that does not await its `emit` may write ahead of its client. */
const maxBacklogBytes = 1024 * 1024

/** A promise that is settled from outside. */
interface Waiting {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

/** Writes the events of one run of a stream, no faster than its client reads them. */
export class StreamWriter implements MonitoredSinkCallbacks, SinkListener {
  readonly #compiled: CompiledStream
  readonly #deps: MonitoredSinkDeps
  readonly #sink: MonitoredSink
  readonly #overflowed = new AbortController()
  #sent = 0
  /** What an emit rejects with once the run is over. */
  #over: TidingsError | undefined
  #backlogBytes = 0
  /** There while the client reads slowly. */
  #drain: Waiting | undefined

  constructor(compiled: CompiledStream, sink: Sink, home: MonitoredSinkDeps) {
    this.#compiled = compiled
    this.#deps = home
    this.#sink = new MonitoredSink(home, sink, this)
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  /** Fires when the run was ended because its client reads too slowly. */
  get overflowed(): AbortSignal {
    return this.#overflowed.signal
  }

  /**
   * Validates and writes one of the stream's events. The promise resolves when the client takes more, and rejects where the
   * event was not written: `aborted` once the client has left, `too_large` where too much waits for the client to read it,
   * which ends the run, `closed` after its end. It is safe to ignore.
   *
   * @throws TidingsError `invalid_output` if the stream has no such event or its payload does not fit
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
    if (this.isOver) return
    const json = this.#compiled.output.encode(output, `the output of ${this.#compiled.path}`)
    this.#drain?.resolve()
    this.#end(encodeSignal('$output', json), ended(this.#compiled.path))
  }

  /** Writes an error, which the client may see, and ends. An emit rejects with `over` from then on. */
  fail(error: TidingsError, over = ended(this.#compiled.path)): void {
    if (!this.isOver) this.#end(encodeSignal('$error', toProblem(error)), over)
  }

  onCut(_reason: string, error?: unknown): void {
    this.#leave(clientLeft())
    if (error !== undefined) this.#deps.publicError(error, this.#compiled.path)
  }

  onDrained(): void {
    this.#sink.onDrained()
    this.#backlogBytes = 0
    this.#drain?.resolve()
    this.#drain = undefined
  }

  onClosed(): void {
    this.#sink.onClosed()
    this.#leave(clientLeft())
  }

  #write(body: string): Promise<void> {
    if (this.#over) return rejected(this.#over)
    if (this.#drain && this.#backlogBytes > maxBacklogBytes) return rejected(this.#overflow())
    const frame = this.#frame(body)
    if (this.#drain) this.#backlogBytes += frame.byteLength
    this.#sink.write(frame)
    // Writing may have failed, which cuts the outlet.
    if (this.isOver) return rejected(this.#over)
    if (this.#sink.isFull) this.#drain ??= waiting()
    return this.#drain?.promise ?? Promise.resolve()
  }

  /** Ends the run: to go on without the event would be a gap that the client is not told of. */
  #overflow(): TidingsError {
    const { path } = this.#compiled
    const message = `The events of ${path} arrived faster than this client read them. The run was ended`
    const detail = `More than ${maxBacklogBytes} bytes of ${path} are waiting for the client to read them. The run was ended. Await each emit`
    const overflow = new TidingsError({ code: 'too_large', message: detail })
    this.fail(new TidingsError({ code: 'too_large', message }), overflow)
    this.#deps.publicError(overflow, path)
    this.#overflowed.abort(overflow)
    return overflow
  }

  #end(body: string, over: TidingsError): void {
    this.#sink.write(this.#frame(body))
    this.#sink.end()
    this.#leave(over)
  }

  #leave(over: TidingsError): void {
    this.#over ??= over
    this.#drain?.reject(this.#over)
    this.#drain = undefined
  }

  #frame(body: string): Chunk {
    this.#sent += 1
    return new Chunk(withId(String(this.#sent), body))
  }
}

function clientLeft(): TidingsError {
  return new TidingsError({ code: 'aborted', message: 'The client left' })
}

function ended(path: string): TidingsError {
  const message = `The run of ${path} is over. Emit before the handler returns or throws`
  return new TidingsError({ code: 'closed', message })
}

function waiting(): Waiting {
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<void>((resolver, rejecter) => {
    resolve = resolver
    reject = rejecter
  })
  return { promise: ignorable(promise), resolve, reject }
}
