import { TidingsError } from '@tidings/core'
import { type CompiledStream, fromProblem, parseJson } from '@tidings/core/wire'
import { requestFailure } from '../connection/failures.js'
import { disposeSymbol } from '../disposable.js'
import { type LinkedAbort, linkedAbort } from '../linked-abort.js'
import { type Caller, postStream, withTypedData } from './call.js'
import { readEvents, type StreamedEvent } from './event-reader.js'

interface StreamEvent {
  readonly type: string
  readonly data: unknown
}

/**
 * One run of a stream. The request is made at once; events are read as they are asked for, so that a slow reader slows
 * the server down and nothing piles up here.
 */
export class StreamRun implements AsyncIterable<StreamEvent> {
  readonly #stream: CompiledStream
  readonly #abort: LinkedAbort
  readonly #response: Promise<Response>
  readonly #output: Promise<unknown>
  #settle: { resolve(output: unknown): void; reject(error: unknown): void }
  #reader: 'nobody' | 'loop' | 'output' = 'nobody'

  constructor(
    caller: Caller,
    stream: CompiledStream,
    input: unknown,
    signals: readonly (AbortSignal | undefined)[],
  ) {
    this.#stream = stream
    this.#settle = { resolve: () => {}, reject: () => {} }
    this.#output = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#abort = linkedAbort(...signals)
    this.#response = postStream(caller, stream, input, this.#abort.signal)
    // Whoever only iterates, or only waits for the output, learns of a failure there.
    this.#output.catch(() => {})
    this.#response.catch((error: unknown) => this.#settle.reject(error))
  }

  /** The output, when the run is over. If nobody iterates, it reads and drops the events by itself. */
  get output(): Promise<unknown> {
    queueMicrotask(() => {
      if (this.#reader !== 'nobody') return
      this.#reader = 'output'
      void this.#drain()
    })
    return this.#output
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<StreamEvent, void, void> {
    if (this.#reader !== 'nobody') {
      const message =
        this.#reader === 'loop'
          ? `The events of ${this.#stream.path} are already being read. Call the stream again for another run`
          : `The events of ${this.#stream.path} were dropped: its output was awaited first. Start the loop before that`
      throw new TidingsError({ code: 'closed', message })
    }
    this.#reader = 'loop'
    const events = this.#read()
    return {
      next: () => events.next(),
      // A generator that was never begun has no `finally` to run.
      return: async () => {
        this[disposeSymbol]()
        return events.return()
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** Leaves the run: the server is told, and the output rejects with `aborted`. */
  [disposeSymbol](): void {
    this.#abort.abort()
    this.#settle.reject(requestFailure(undefined, '', this.#abort.signal))
  }

  async #drain(): Promise<void> {
    try {
      for await (const _event of this.#read());
    } catch {
      // Whoever waits for the output is told there.
    }
  }

  async *#read(): AsyncGenerator<StreamEvent, void, void> {
    try {
      const { body } = await this.#response
      for await (const event of body ? readEvents(body) : []) {
        if (event.name === '$output') {
          const what = this.#name('the output')
          const json = parseJson(event.data, what)
          this.#settle.resolve(this.#stream.output.decode(json, what, 'invalid_response'))
          return
        }
        yield this.#decode(event)
      }
      throw new TidingsError({
        code: 'network',
        message: `${this.#name('the run')} was cut off before its output`,
      })
    } catch (cause) {
      const error = requestFailure(cause, `The run of ${this.#stream.path}`, this.#abort.signal)
      this.#settle.reject(error)
      throw error
    } finally {
      // Leaving the loop early ends the request, which tells the server; after the end it does nothing.
      this.#abort.abort()
      this.#abort.unlink()
      this.#settle.reject(requestFailure(undefined, '', this.#abort.signal))
    }
  }

  #decode({ name, data }: StreamedEvent): StreamEvent {
    if (name === '$error') throw this.#problem(data)
    const codec = this.#stream.events.get(name)
    if (!codec) {
      const message = `${this.#name('the run')} has an event "${name}" that the contract does not declare`
      throw new TidingsError({ code: 'invalid_response', message })
    }
    const what = this.#name(name)
    return { type: name, data: codec.decode(parseJson(data, what), what, 'invalid_response') }
  }

  #problem(data: string): TidingsError {
    const error = fromProblem(parseJson(data, this.#name('the error')))
    if (error) return withTypedData(this.#stream, error)
    const message = `${this.#name('the run')} ended with an error that is not a problem document`
    return new TidingsError({ code: 'invalid_response', message })
  }

  #name(part: string): string {
    return `${part} of ${this.#stream.path}`
  }
}
