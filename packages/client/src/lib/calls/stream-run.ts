import { TidingsError } from '@tidings/core'
import { type CompiledStream, fromProblem, parseJson } from '@tidings/core/wire'
import type { StreamEvent } from '../connection/event-parser.js'
import { EventReader } from '../connection/event-reader.js'
import { abortError, requestFailure } from '../connection/failures.js'
import { disposeSymbol } from '../disposable.js'
import { type LinkedAbort, linkedAbort } from '../linked-abort.js'
import { type Caller, postStream, withTypedData } from './call.js'

interface RunEvent {
  readonly type: string
  readonly data: unknown
}

/**
 * One run of a stream. Makes its request at once, and reads events on demand, so that a slow reader slows the
 * server down and no events are buffered.
 */
export class StreamRun implements AsyncIterable<RunEvent> {
  readonly #stream: CompiledStream
  readonly #abort: LinkedAbort
  readonly #response: Promise<Response>
  readonly #output: Promise<unknown>
  #settle: { resolve(output: unknown): void; reject(error: unknown): void }
  #reader: 'none' | 'loop' | 'output' = 'none'

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
    // A caller that only iterates, or only awaits the output, receives a failure there.
    this.#output.catch(() => {})
    this.#response.catch((error: unknown) => this.#settle.reject(error))
  }

  /** Resolves with the output. Without a loop, reads and drops the events. */
  get output(): Promise<unknown> {
    queueMicrotask(() => {
      if (this.#reader !== 'none') return
      this.#reader = 'output'
      void this.#drain()
    })
    return this.#output
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent, void, void> {
    if (this.#reader !== 'none') {
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
      // A generator that was never started does not run its `finally`.
      return: async () => {
        this[disposeSymbol]()
        return events.return()
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** Aborts the run on the server, and rejects the output with `aborted`. */
  [disposeSymbol](): void {
    this.#abort.abort()
    this.#settle.reject(abortError(this.#abort.signal))
  }

  async #drain(): Promise<void> {
    try {
      for await (const _event of this.#read());
    } catch {
      // The output rejects with the error.
    }
  }

  async *#read(): AsyncGenerator<RunEvent, void, void> {
    try {
      const reader = new EventReader(await this.#response)
      for (let events = await reader.read(); events; events = await reader.read()) {
        for (const event of events) {
          if (event.name === '$output') {
            this.#settle.resolve(this.#decodeOutput(event.data))
            return
          }
          yield this.#decode(event)
        }
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
      // Aborts the run if the loop was left early. After its end, this has no effect.
      this.#abort.abort()
      this.#abort.unlink()
      this.#settle.reject(abortError(this.#abort.signal))
    }
  }

  #decodeOutput(data: string): unknown {
    const what = this.#name('the output')
    return this.#stream.output.decode(parseJson(data, what), what, 'invalid_response')
  }

  #decode({ name, data }: StreamEvent): RunEvent {
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
