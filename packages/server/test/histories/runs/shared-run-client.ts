import { type ControlResult, parseCursor } from '@tidings/core/wire'
import type { EventSourceMessage } from 'eventsource-parser'
import { RawReader } from '../raw-reader.js'
import type { RunLedger } from './run-ledger.js'
import { asStarter, starterLines } from './run-reader.js'
import type { RunWitness } from './run-witness.js'
import { send } from './send.js'
import { SharedRunReader } from './shared-run-reader.js'

/** An operation on one of a client's runs. */
export type RunOperation =
  | { readonly subscribe: string; readonly cursor?: string }
  | { readonly unsubscribe: string }
  | { readonly pause: string }

/** A client with one connection, on which it reads several runs. */
export class SharedRunClient {
  readonly readers: readonly SharedRunReader[]
  readonly #ledger: RunLedger
  #reader: RawReader | undefined
  /** The connection's, once it is open. */
  #id: string | undefined
  /** Where it is connected to. */
  #port: number | undefined
  #isLeaving = false
  /** Whether the server may have ended it. */
  #isUnsettled = false
  #sequence = 0
  /** The reader of each log that the connection carries. */
  readonly #byEpoch = new Map<string, SharedRunReader>()

  constructor(witnesses: readonly RunWitness[], ledger: RunLedger) {
    this.#ledger = ledger
    this.readers = witnesses.map((witness) => new SharedRunReader(witness, this, ledger))
  }

  get isConnected(): boolean {
    return this.#reader !== undefined
  }

  /** Whether the server certainly has the connection. */
  get isStable(): boolean {
    return this.#id !== undefined && !this.#isLeaving && !this.#isUnsettled
  }

  /** The id of the connection, while it is open. */
  get id(): string | undefined {
    return this.#id
  }

  /** The server behind a port, or behind any, may end the connection. */
  unsettle(port = this.#port): void {
    if (port === this.#port) this.#isUnsettled = true
  }

  connect(port: number): void {
    if (this.#reader) return
    this.#port = port
    this.#sequence = 0
    this.#isLeaving = false
    this.#isUnsettled = false
    this.#reader = new RawReader(
      port,
      { path: '/events', headers: starterLines },
      {
        event: (event) => {
          try {
            this.#event(event, port)
          } catch (error) {
            this.#ledger.failure ??= error
          }
        },
        closed: () => {
          this.#reader = undefined
          this.#id = undefined
          this.#byEpoch.clear()
          for (const reader of this.readers) reader.disconnected()
        },
        broken: (why) => this.#ledger.fail(why),
      },
    )
  }

  /**
   * Has the server change what the connection carries. Resolves with the results: none if the request was refused as
   * a whole, and undefined if it is not known what has become of it.
   */
  async control(
    port: number,
    operations: readonly RunOperation[],
    onNumbered: (sequence: number) => void,
  ): Promise<readonly ControlResult[] | undefined> {
    const id = this.#id
    if (id === undefined) return undefined
    this.#sequence += 1
    const sequence = this.#sequence
    onNumbered(sequence)
    const response = await send(port, `/events/$connections/${id}`, { sequence, operations }, asStarter)
    if (!response || this.#id !== id) return undefined
    const { status, body } = response
    if (status === 200) return (body as { results: readonly ControlResult[] }).results
    const { code } = body as { code: string }
    // A newer request has overtaken it, and it has done nothing.
    if (code === 'conflict') return []
    // Its connection is over; or the node of that cannot be reached, or has not answered.
    if (code !== 'gone' && code !== 'unavailable') this.#ledger.fail(`a control request: ${code}`)
    return undefined
  }

  pause(): void {
    this.#reader?.pause()
  }

  resume(): void {
    this.#reader?.resume()
  }

  settle(): void {
    this.cutAfter(this.#isUnsettled ? 0 : Number.POSITIVE_INFINITY)
  }

  cutAfter(bytes: number): void {
    this.#isLeaving = bytes !== Number.POSITIVE_INFINITY
    this.#reader?.cutAfter(bytes)
  }

  #event(event: EventSourceMessage, port: number): void {
    const name = event.event
    if (name === '$heartbeat') return
    const signal = name?.startsWith('$') ? (JSON.parse(event.data) as Signal) : undefined
    if (name === '$open') {
      this.#id = signal?.id
      for (const reader of this.readers) reader.connected(port)
      return
    }
    if (name === '$subscribed') {
      const reader = this.#readerOf(signal?.topic)
      const { epoch = '', cursor, request } = signal ?? {}
      if (event.id !== cursor) throw new Error(`$subscribed with the cursor ${cursor} and the id ${event.id}`)
      this.#byEpoch.set(epoch, reader)
      reader.subscribed(cursor, request)
      return
    }
    if (name === '$error' && !signal?.ended) {
      // Without a topic, it is about the connection, which ends.
      if (signal?.topic !== undefined) this.#readerOf(signal.topic).failed(signal.code ?? '')
      else if (signal?.code !== 'unavailable') throw new Error(`the connection: ${event.data}`)
      return
    }
    const epoch = event.id === undefined ? undefined : parseCursor(event.id)?.epoch
    const reader = epoch === undefined ? undefined : this.#byEpoch.get(epoch)
    if (!reader) throw new Error(`${name} ${event.id} is of no run that the connection carries`)
    reader.witness.event(event)
  }

  #readerOf(topic: string | undefined): SharedRunReader {
    const reader = this.readers.find(({ witness }) => witness.record.key === topic)
    if (!reader) throw new Error(`${topic} was not asked for`)
    return reader
  }
}

interface Signal {
  readonly id?: string
  readonly topic?: string
  readonly epoch?: string
  readonly cursor?: string
  readonly request?: number
  readonly code?: string
  readonly ended?: boolean
}
