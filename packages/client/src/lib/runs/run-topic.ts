import type { TidingsError } from '@tidings/core'
import type { CompiledStream, Cursor, ErrorSignal } from '@tidings/core/wire'
import type { ReleaseReason, TopicOperation } from '../connection/control.js'
import type { TopicEvent, TopicState } from '../connection/topic-state.js'
import type { ErrorContext } from '../options/client-options.js'
import type { ResolvedOptions } from '../options/resolved-options.js'
import type { JoinedSignal, TableTopic } from '../topics/topic-table.js'
import { parts } from './parts.js'
import type { RunEnd, RunEvent, RunReader } from './run-reader.js'

export interface RunTopicDeps {
  readonly options: ResolvedOptions
  /** Called when the run needs a request. */
  needsSync(): void
  /** Called when the last reader left, the run has ended or was refused. */
  onReleased(topic: RunTopic, reason: ReleaseReason): void
  report(error: TidingsError, at: ErrorContext): void
}

/**
 * A run on the client's connection: a topic whose log ends. Decodes each event once for all readers.
 *
 * Each reader has its own position. The run is requested from the least of them, and again when a reader joins or
 * has made room, so that a slow reader holds nothing but its own queue.
 */
export class RunTopic implements TableTopic {
  readonly key: string
  readonly #deps: RunTopicDeps
  readonly #stream: CompiledStream
  readonly #context: ErrorContext
  /** The readers, each with the position after its last event. */
  readonly #readers = new Map<RunReader, Cursor | undefined>()
  readonly #closing = new AbortController()
  #state = parts.newTopic
  /** `starting`: only the start requests the run. `started`: the server is known to have it. */
  #phase: 'starting' | 'attaching' | 'started'
  #isPaused = false
  #isReleased = false
  /** Temporary refusals since the last event. */
  #failures = 0
  /** When the run was first refused since it was last subscribed, or its connection lost. */
  #refusedAt: number | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined

  constructor(deps: RunTopicDeps, stream: CompiledStream, id: string, phase: 'starting' | 'attaching') {
    this.#deps = deps
    this.#stream = stream
    this.#phase = phase
    this.key = parts.runKey(stream.path, id)
    this.#context = { channel: stream.path, topic: `$run=${id}` }
  }

  /** Fires when the run is released before its end. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get isStarting(): boolean {
    return this.#phase === 'starting'
  }

  get needed(): TopicOperation['type'] | undefined {
    if (this.isStarting) return undefined
    const isFull = !this.#isPaused && [...this.#readers.keys()].every(({ isFull }) => isFull)
    return parts.neededRequest(this.#state, isFull)
  }

  get isSettled(): boolean {
    return this.isStarting || parts.isSettled(this.#state)
  }

  takeRequest(sequence?: number): TopicOperation | undefined {
    const { needed: type } = this
    if (!type) return undefined
    this.#isPaused = type === 'pause'
    if (this.#isPaused) return { type, cursor: undefined }
    const [first, ...others] = this.#readers.values()
    const from = others.reduce((least, each) => (seqOf(each) < seqOf(least) ? each : least), first)
    this.#apply({ type: 'requested', request: { sequence, from } })
    return { type, cursor: from && parts.formatCursor(from) }
  }

  /** @param from the position that the reader has reached. By default, it reads from the beginning. */
  add(reader: RunReader, from?: Cursor): void {
    this.#readers.set(reader, from)
    this.resume(reader)
  }

  /** Returns the position that the reader has reached. */
  remove(reader: RunReader): Cursor | undefined {
    const position = this.#readers.get(reader)
    if (!this.#readers.delete(reader)) return undefined
    if (this.#readers.size === 0) this.#release('left')
    else this.#deps.needsSync()
    return position
  }

  /** Has the reader receive what follows its position: requests the run again if that has passed already. */
  resume(reader: RunReader): void {
    const state = this.#state
    const isPast = parts.seqAt(state) > seqOf(this.#readers.get(reader))
    if (state.request && (isPast || this.#isPaused)) this.onLost()
    this.#deps.needsSync()
  }

  /** The start is sent, and may subscribe the connection. */
  onStartSent(): void {
    this.#apply({ type: 'requested', request: { sequence: undefined, from: undefined } })
  }

  /** The server has the run. Unless it has subscribed the connection, the run has to be requested. */
  onStarted(isSubscribed: boolean): void {
    if (this.isStarting && !isSubscribed) this.onLost()
    this.#phase = 'started'
    this.#deps.needsSync()
  }

  /** Ends the reading for all readers. */
  close(
    error: TidingsError = new parts.TidingsError({ code: 'closed', message: 'The client was closed' }),
  ): void {
    this.#end([...this.#readers.keys()], { status: 'failed', error }, 'left')
  }

  onLost(): void {
    this.#isPaused = false
    // While there is no connection, nothing refuses it.
    this.#refusedAt = undefined
    this.#apply({ type: 'lost' })
  }

  onSubscribed({ epoch, request: sequence }: JoinedSignal, start: Cursor | undefined): void {
    if ([...this.#readers.values()].some((position) => position && position.epoch !== epoch)) {
      this.close(interrupted())
      return
    }
    if (!this.#apply({ type: 'subscribed', epoch, sequence, start, isReplay: true })) return
    this.#refusedAt = undefined
    // From now on, readers at the beginning notice another run as well.
    if (start?.seq === 0) {
      for (const [reader, position] of this.#readers) this.#readers.set(reader, position ?? start)
    }
    this.onStarted(true)
  }

  onEvent(name: string, data: string, cursor: Cursor): void {
    if (!this.#apply({ type: 'event', cursor })) return
    this.#failures = 0
    let event: RunEvent | undefined
    let isDecoded = false
    for (const [reader, position] of this.#readers) {
      if (reader.isFull || seqOf(position) >= cursor.seq) continue
      this.#readers.set(reader, cursor)
      if (!isDecoded) event = this.#decode(name, data)
      isDecoded = true
      if (event) reader.onEvent(event, data.length)
      if (reader.isFull) this.#deps.needsSync()
    }
  }

  onOutput(data: string): void {
    this.#onEnd(() => {
      const what = `the output of ${this.#stream.path}`
      return {
        status: 'done',
        output: this.#stream.output.decode(parts.parseJson(data, what), what, 'invalid_response'),
      }
    })
  }

  onFailed(signal: ErrorSignal): void {
    this.#onEnd(() => {
      throw parts.withTypedData(this.#stream, parts.fromProblem(signal) as TidingsError)
    })
  }

  /** A run has no snapshots. */
  onSnapshot(): void {}

  onSnapshotRefused(): void {}

  /** A run has no gaps: the server refuses it instead. A leading tab that cannot resume it announces one. */
  onGap(): void {
    this.close(interrupted())
  }

  onRefused(problem: TidingsError, seq = parts.seqAt(this.#state)): void {
    if (problem.code === 'gone') this.#onGone(problem, seq)
    else if (problem.code === 'not_found' && this.#phase === 'started') this.close(interrupted())
    else if (problem.code === 'interrupted' || !parts.isRetryable(problem)) this.close(problem)
    else this.#retryLater(problem)
  }

  /** Ends the readers that need dropped events, and requests the run again for the others. */
  #onGone(error: TidingsError, seq: number): void {
    // Otherwise the run is about to be requested again, which shows what is gone.
    if (!this.#state.request) return
    this.onLost()
    const readers = [...this.#readers].filter(([, position]) => seqOf(position) <= seq)
    this.#end(
      readers.map(([reader]) => reader),
      { status: 'failed', error },
      'left',
    )
    this.#deps.needsSync()
  }

  /**
   * Requests the run again after a wait. Closes instead once the server has refused it for longer than
   * `timeoutMs`, since the run may have ended meanwhile.
   */
  #retryLater(problem: TidingsError): void {
    const now = parts.elapsedMs()
    this.#refusedAt ??= now
    if (now - this.#refusedAt > this.#deps.options.timeoutMs) {
      this.close(problem)
      return
    }
    this.#apply({ type: 'delayed' })
    this.#deps.report(problem, this.#context)
    clearTimeout(this.#retryTimer)
    const delay = parts.backoffMs(this.#deps.options.reconnect, this.#failures++, problem.retryAfterMs)
    this.#retryTimer = setTimeout(() => {
      this.#apply({ type: 'retry' })
      this.#deps.needsSync()
    }, delay)
  }

  /** Ends the run for the readers that have received all of it. Others request the rest when they have room. */
  #onEnd(decode: () => RunEnd): void {
    if (this.#state.status !== 'subscribed') return
    const ready = [...this.#readers.keys()].filter(({ isFull }) => !isFull)
    if (ready.length > 0) this.#end(ready, endOf(decode), 'ended')
  }

  #end(readers: readonly RunReader[], end: RunEnd, reason: ReleaseReason): void {
    for (const reader of readers) this.#readers.delete(reader)
    if (this.#readers.size === 0) this.#release(reason)
    for (const reader of readers) reader.onEnded(end)
  }

  #release(reason: ReleaseReason): void {
    if (this.#isReleased) return
    this.#isReleased = true
    clearTimeout(this.#retryTimer)
    // The response to the start may still be on its way. To abort its request would cost the connection.
    if (reason !== 'ended') this.#closing.abort()
    this.#deps.onReleased(this, reason)
  }

  /** Returns whether the event applied. */
  #apply(event: TopicEvent): boolean {
    const before: TopicState = this.#state
    this.#state = parts.transition(before, event)
    return this.#state !== before
  }

  /** Returns undefined, and reports, what this contract does not know. A newer server may send it. */
  #decode(name: string, data: string): RunEvent | undefined {
    const what = `${name} of ${this.#stream.path}`
    try {
      const codec = this.#stream.events.get(name)
      if (!codec) throw invalid(`${what} is an event that the contract does not declare`)
      return { type: name, data: codec.decode(parts.parseJson(data, what), what, 'invalid_response') }
    } catch (error) {
      if (!parts.isTidingsError(error)) throw error
      this.#deps.report(error, { ...this.#context, event: name, data })
      return undefined
    }
  }
}

/** Returns how many events precede a position. A log has one epoch, and a reader without a position is at its beginning. */
function seqOf(position: Cursor | undefined): number {
  return position?.seq ?? 0
}

function endOf(decode: () => RunEnd): RunEnd {
  try {
    return decode()
  } catch (error) {
    if (!parts.isTidingsError(error)) throw error
    return { status: 'failed', error }
  }
}

/** Returns the error of a run that its server has lost, perhaps by a restart, or does not keep any more. */
function interrupted(): TidingsError {
  const message = 'The server does not have the run any more. Call the stream again'
  return new parts.TidingsError({ code: 'interrupted', message })
}

function invalid(message: string): TidingsError {
  return new parts.TidingsError({ code: 'invalid_response', message })
}
