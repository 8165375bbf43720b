import { TidingsError } from '@tidings/core'
import { type CompiledStream, encodeEventBody, encodeSignal, toProblem, withId } from '@tidings/core/wire'
import type { Sink, SinkListener } from '../http/adapter.js'
import { Chunk } from '../http/chunk.js'
import { MonitoredSink, type MonitoredSinkCallbacks, type MonitoredSinkDeps } from '../http/monitored-sink.js'
import { ignorable, rejected } from '../ignorable.js'

/** How many bytes may wait for a slow client, if the handler does not await its `emit`. */
const maxBacklogBytes = 1024 * 1024

interface Deferred {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

/** Writes the events of one run of a stream, at the speed of its client. */
export class StreamWriter implements MonitoredSinkCallbacks, SinkListener {
  readonly #compiled: CompiledStream
  readonly #deps: MonitoredSinkDeps
  readonly #sink: MonitoredSink
  readonly #overflowed = new AbortController()
  failure: TidingsError | undefined
  #lastId = 0
  /** Rejects each emit once the run is over. */
  #endReason: TidingsError | undefined
  #backlogBytes = 0
  /** Set while the client reads slowly. */
  #drain: Deferred | undefined

  constructor(compiled: CompiledStream, sink: Sink, deps: MonitoredSinkDeps) {
    this.#compiled = compiled
    this.#deps = deps
    this.#sink = new MonitoredSink(deps, sink, this)
  }

  /** Whether an event was written. */
  get hasBegun(): boolean {
    return this.#lastId > 0
  }

  get isOver(): boolean {
    return this.#endReason !== undefined
  }

  /** Fires when the run ends because its client reads too slowly. */
  get overflowed(): AbortSignal {
    return this.#overflowed.signal
  }

  /**
   * Validates and writes one of the stream's events. Resolves when the client is ready for more.
   *
   * Rejects if the event was not written: with `aborted` after the client left, `too_large` if the backlog is
   * full, which ends the run, or `closed` after its end. The promise is safe to ignore.
   *
   * @throws TidingsError `invalid_output` if the stream has no such event or its payload is invalid
   */
  event(type: unknown, payload: unknown): Promise<void> {
    const { events, path } = this.#compiled
    const codec = events.get(String(type))
    if (!codec) {
      const message = `The stream ${path} has no event "${String(type)}". It has: ${[...events.keys()].join(', ')}`
      throw new TidingsError({ code: 'invalid_output', message })
    }
    return this.#write(encodeEventBody(String(type), codec.encode(payload, `${path}.${String(type)}`)))
  }

  /** Returns the `emit` of a handler that is an async function. */
  emitters(): Readonly<Record<string, (payload: unknown) => Promise<void>>> {
    const emitters: Record<string, (payload: unknown) => Promise<void>> = {}
    for (const type of this.#compiled.events.keys()) emitters[type] = (payload) => this.event(type, payload)
    return emitters
  }

  /** Writes the output and ends the run. */
  finish(output: unknown): void {
    if (this.isOver) return
    const json = this.#compiled.output.encode(output, `the output of ${this.#compiled.path}`)
    this.#drain?.resolve()
    this.#end(encodeSignal('$output', json), ended(this.#compiled.path))
  }

  /** Writes a public error and ends the run. Later emits reject with `reason`. */
  fail(error: TidingsError, reason = ended(this.#compiled.path)): void {
    if (this.isOver) return
    this.failure = error
    this.#end(encodeSignal('$error', toProblem(error)), reason)
  }

  onCut(_reason: string, error?: unknown): void {
    this.#leave()
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
    this.#leave()
  }

  #leave(): void {
    if (this.isOver) return
    this.failure = clientLeft()
    this.#close(this.failure)
  }

  #write(body: string): Promise<void> {
    if (this.#endReason) return rejected(this.#endReason)
    if (this.#drain && this.#backlogBytes > maxBacklogBytes) return rejected(this.#overflow())
    const frame = this.#frame(body)
    if (this.#drain) this.#backlogBytes += frame.byteLength
    this.#sink.write(frame)
    // A write that failed has cut the sink.
    if (this.isOver) return rejected(this.#endReason)
    if (this.#sink.isFull) this.#drain ??= deferred()
    return this.#drain?.promise ?? Promise.resolve()
  }

  /** Ends the run: continuing without the event would leave a gap that the client cannot see. */
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

  #end(body: string, reason: TidingsError): void {
    this.#sink.write(this.#frame(body))
    this.#sink.end()
    this.#close(reason)
  }

  #close(reason: TidingsError): void {
    this.#endReason ??= reason
    this.#drain?.reject(this.#endReason)
    this.#drain = undefined
  }

  #frame(body: string): Chunk {
    this.#lastId += 1
    return new Chunk(withId(String(this.#lastId), body))
  }
}

/** Returns the error of a call whose client has left. */
export function clientLeft(): TidingsError {
  return new TidingsError({ code: 'aborted', message: 'The client left' })
}

function ended(path: string): TidingsError {
  const message = `The run of ${path} is over. Emit before the handler returns or throws`
  return new TidingsError({ code: 'closed', message })
}

function deferred(): Deferred {
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<void>((resolver, rejecter) => {
    resolve = resolver
    reject = rejecter
  })
  return { promise: ignorable(promise), resolve, reject }
}
