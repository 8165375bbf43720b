import { TidingsError } from '@tidings/core'
import { type CompiledStream, encodeEventBody, encodeSignal, type Problem, runKey } from '@tidings/core/wire'
import type { MockConnection } from './mock-connection.js'
import { fail, problemOf, problemOfThrown } from './mock-failures.js'
import { MockLog } from './mock-log.js'
import { turn } from './turn.js'

export interface MockRunDeps {
  connection(): MockConnection | undefined
  /** Called with each event and end. */
  onAppended(): void
  /** Reports an error that no client receives. */
  report(error: unknown, place: string): void
}

type RunAnswer = (
  input: unknown,
  call: { readonly id: string; readonly fail: typeof fail; readonly signal: AbortSignal },
) => AsyncGenerator<{ readonly type: string; readonly data?: unknown }, unknown>

/** A run of a mocked client: a log that ends. */
export class MockRun {
  readonly id: string
  readonly key: string
  readonly stream: CompiledStream
  readonly #deps: MockRunDeps
  readonly #log = new MockLog()
  readonly #left = new AbortController()
  #isCarried = false
  /** Whether the test or an answer carries the run on. */
  isAnswered = false
  isOver = false

  constructor(stream: CompiledStream, id: string, deps: MockRunDeps) {
    this.id = id
    this.key = runKey(stream.path, id)
    this.stream = stream
    this.#deps = deps
  }

  async emit(name: string, payload: unknown): Promise<void> {
    const { path, events } = this.stream
    const codec = events.get(name)
    if (!codec) {
      throw new TypeError(`${path} has no event "${name}". Give one of ${[...events.keys()].join(', ')}`)
    }
    await this.#append(encodeEventBody(name, codec.encode(payload, `${path}.${name}`)))
  }

  async output(output: unknown): Promise<void> {
    const { path, output: codec } = this.stream
    const json = codec.encode(output, `the output of ${path}`)
    await this.#append(encodeSignal('$output', json), true)
  }

  async error(problem: TidingsError): Promise<void> {
    await this.#fail(problemOf(problem, this.stream))
  }

  /** Carries the run on with the events and the output of an answer. */
  async play(answer: RunAnswer, input: unknown): Promise<void> {
    const { id, stream } = this
    const { signal } = this.#left
    this.isAnswered = true
    try {
      const events = answer(input, { id, fail, signal })
      for (;;) {
        const { done, value } = await events.next()
        if (this.isOver) {
          await events.return(undefined)
          return
        }
        if (done) {
          await this.output(value)
          return
        }
        await this.emit(value.type, value.data)
      }
    } catch (thrown) {
      if (this.isOver) return
      await this.#fail(problemOfThrown(thrown, stream, (error) => this.#deps.report(error, stream.path)))
    }
  }

  /** Ends the run for all its readers. */
  cancel(): void {
    this.isAnswered = true
    this.#left.abort()
    if (this.isOver) return
    void this.error(new TidingsError({ code: 'cancelled', message: 'The run was cancelled' }))
  }

  /** Subscribes the client: from the beginning, or from a cursor. */
  onSubscribe(cursor?: string, request?: number): void {
    const from = (cursor === undefined ? undefined : this.#log.seqOf(cursor)) ?? 0
    const connection = this.#deps.connection()
    const signal = { topic: this.key, epoch: this.#log.epoch, cursor: this.#log.cursor(from) }
    connection?.signal('$subscribed', request === undefined ? signal : { ...signal, request })
    this.#isCarried = true
    for (const frame of this.#log.after(from)) connection?.send(frame)
  }

  /** The client reads no further for now. */
  onPaused(): void {
    this.#isCarried = false
  }

  /** The client has left the run on purpose, which ends it without its readers. */
  onLeft(): void {
    this.#isCarried = false
    if (this.isOver) return
    const { isAnswered } = this
    this.cancel()
    this.isAnswered = isAnswered
  }

  async #fail(problem: Problem): Promise<void> {
    const signal = { ...problem, topic: this.key, ended: true } as const
    await this.#append(encodeSignal('$error', signal), true)
  }

  async #append(body: string, isLast = false): Promise<void> {
    this.isAnswered = true
    if (this.isOver) throw new Error(`mock.run: the run ${this.id} of ${this.stream.path} is over`)
    this.isOver = isLast
    this.#deps.onAppended()
    const frame = this.#log.append(body)
    if (this.#isCarried) this.#deps.connection()?.send(frame)
    await turn()
    await turn()
  }
}
