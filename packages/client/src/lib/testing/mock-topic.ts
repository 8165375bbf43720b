import type { TidingsError } from '@tidings/core'
import {
  type CompiledChannel,
  encodeEventBody,
  encodeSignal,
  type Problem,
  type ServerGapReason,
  withId,
} from '@tidings/core/wire'
import type { MockConnection } from './mock-connection.js'
import { problemOf, problemOfThrown } from './mock-failures.js'
import { MockLog } from './mock-log.js'
import { Waiting } from './waiting.js'

export interface MockTopicDeps {
  /** The open connection of the client. */
  connection(): MockConnection | undefined
  /** Returns the answer of the channel, which gives a topic's state. */
  answer(path: string): ((params: unknown) => unknown) | undefined
  /** The topics that the client subscribes to. */
  topics(): readonly string[]
  /** Reports an error that no client receives. */
  report(error: unknown, place: string): void
}

/**
 * A topic of a mocked client.
 *
 * - `left`: the client does not subscribe to it.
 * - `loading`: it is subscribed, and its snapshot has to come.
 * - `live`: events are sent.
 */
type Status = 'left' | 'loading' | 'live'

export class MockTopic {
  readonly key: string
  readonly #channel: CompiledChannel
  readonly #params: unknown
  readonly #deps: MockTopicDeps
  readonly #log = new MockLog()
  readonly #waiting = new Waiting()
  #status: Status = 'left'
  /** Whether a subscriber that joined later waits for the state. */
  #hasLate = false
  /** The last state, as JSON, and how many events precede it. */
  #snapshot: { readonly seq: number; readonly json: unknown } | undefined

  constructor(channel: CompiledChannel, key: string, params: unknown, deps: MockTopicDeps) {
    this.key = key
    this.#channel = channel
    this.#params = params
    this.#deps = deps
  }

  get isSubscribed(): boolean {
    return this.#status !== 'left'
  }

  emit(name: string, payload: unknown): Promise<void> {
    const { path, events } = this.#channel
    const body = encodeEventBody(name, events.get(name)?.encode(payload, `${path}.${name}`))
    return this.#whenLive(() => this.#send(this.#log.append(body)))
  }

  gap(reason: ServerGapReason = 'expired'): Promise<void> {
    return this.#whenLive(() => {
      this.#announceGap(reason)
      if (this.#channel.snapshot) void this.#load()
    })
  }

  error(error: TidingsError): Promise<void> {
    return this.#refuse(problemOf(error, this.#channel))
  }

  snapshot(state: unknown): Promise<void> {
    const json = this.#encode(state)
    const run = () => {
      if (this.#status === 'live' && !this.#hasLate) {
        throw new Error(
          `mock.emit: ${this.key} has its snapshot, and a server sends another only after a gap or for a subscriber that joins later. Write gap() first`,
        )
      }
      this.#sendSnapshot(json)
    }
    return this.#waiting.run(
      () => this.isSubscribed,
      run,
      () => this.#unready,
    )
  }

  /** Subscribes the client from a cursor, or from now. @throws what the channel's answer throws */
  async onSubscribe(cursor: string | undefined, request: number | undefined): Promise<void> {
    const from = cursor === undefined ? undefined : this.#log.seqOf(cursor)
    const { epoch } = this.#log
    const connection = this.#deps.connection()
    // A refusal comes before the topic is subscribed.
    const json = from === undefined ? await this.#ask() : undefined
    if (this.#deps.connection() !== connection) return
    const start = from ?? (this.#channel.snapshot || cursor !== undefined ? undefined : this.#log.head)
    const signal = { topic: this.key, epoch, ...(request !== undefined && { request }) }
    this.#status = start === undefined && this.#channel.snapshot ? 'loading' : 'live'
    this.#hasLate = false
    this.#deps
      .connection()
      ?.signal('$subscribed', start === undefined ? signal : { ...signal, cursor: this.#log.cursor(start) })
    if (start !== undefined) for (const frame of this.#log.after(start)) this.#send(frame)
    else if (cursor !== undefined) this.#announceGap('history_lost')
    if (this.#status === 'loading') this.#begin(json)
    this.#waiting.flush()
  }

  /** Sends the state to a subscriber that joined later, or waits until the test sends one. */
  async onSnapshotNeeded(): Promise<void> {
    const json = await this.#ask()
    const known = this.#snapshot?.seq === this.#log.head ? this.#snapshot.json : undefined
    this.#hasLate = true
    if (json !== undefined || known !== undefined) this.#sendSnapshot(json ?? known)
    this.#waiting.flush()
  }

  /** The client has left the topic, or lost its connection. */
  onLeft(): void {
    this.#status = 'left'
    this.#hasLate = false
  }

  #refuse(problem: Problem): Promise<void> {
    const run = () => {
      this.onLeft()
      this.#deps.connection()?.signal('$error', { ...problem, topic: this.key })
    }
    return this.#waiting.run(
      () => this.isSubscribed,
      run,
      () => this.#unready,
    )
  }

  /** Begins with a state: the given one, or the last one that the test has sent and the events since. */
  #begin(json: unknown): void {
    if (json !== undefined) this.#sendSnapshot(json)
    else if (this.#snapshot && this.#log.reaches(this.#snapshot.seq)) {
      this.#sendSnapshot(this.#snapshot.json, this.#snapshot.seq)
      for (const frame of this.#log.after(this.#snapshot.seq)) this.#send(frame)
    }
  }

  async #load(): Promise<void> {
    this.#status = 'loading'
    this.#snapshot = undefined
    try {
      this.#begin(await this.#ask())
      this.#waiting.flush()
    } catch (thrown) {
      const { path } = this.#channel
      void this.#refuse(problemOfThrown(thrown, this.#channel, (error) => this.#deps.report(error, path)))
    }
  }

  /** Asks the channel's answer for the state. */
  async #ask(): Promise<unknown> {
    const state = await this.#deps.answer(this.#channel.path)?.(this.#params)
    return state === undefined ? undefined : this.#encode(state)
  }

  #encode(state: unknown): unknown {
    const { path, snapshot } = this.#channel
    return snapshot?.encode(state, `the snapshot of ${path}`)
  }

  #sendSnapshot(json: unknown, seq = this.#log.head): void {
    this.#snapshot = { seq, json }
    this.#status = 'live'
    this.#hasLate = false
    this.#send(withId(this.#log.cursor(seq), encodeSignal('$snapshot', json)))
  }

  #announceGap(reason: ServerGapReason): void {
    this.#deps.connection()?.signal('$gap', { topic: this.key, reason, cursor: this.#log.cursor() })
  }

  #send(frame: string): void {
    this.#deps.connection()?.send(frame)
  }

  #whenLive(run: () => void): Promise<void> {
    return this.#waiting.run(
      () => this.#status === 'live',
      run,
      () => this.#unready,
    )
  }

  get #unready(): string {
    const { path } = this.#channel
    if (this.#status === 'loading') {
      return `mock.emit: ${this.key} has no snapshot yet. Send one first, with mock.emit.${path.replaceAll('/', '.')}(…).snapshot(…), or give them with mock.on.${path.replaceAll('/', '.')}((params) => …)`
    }
    const topics = this.#deps.topics()
    return `mock.emit: the client does not subscribe to ${this.key}. It subscribes to ${topics.join(', ') || 'nothing'}`
  }
}
