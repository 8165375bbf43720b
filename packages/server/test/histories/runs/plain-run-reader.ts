import type { EventSourceMessage } from 'eventsource-parser'
import { RawReader, type RawRequest } from '../raw-reader.js'
import type { RunLedger } from './run-ledger.js'
import { cursorFrom, type From, inputOf, type RunReader, starterLines } from './run-reader.js'
import type { RunWitness } from './run-witness.js'

/** Reads a run as an EventSource does, and as whoever starts it with a plain POST. */
export class PlainRunReader implements RunReader {
  readonly witness: RunWitness
  readonly #ledger: RunLedger
  #reader: RawReader | undefined
  /** Where it is connected to. */
  #port: number | undefined
  #isOpen = false
  #isRefused = false
  /** Whether its connection is to be cut off, so that the server may notice at any time. */
  #isLeaving = false
  /** Whether the server may have ended it. */
  #isUnsettled = false

  constructor(witness: RunWitness, ledger: RunLedger) {
    this.witness = witness
    this.#ledger = ledger
  }

  get isAttached(): boolean {
    return this.#isOpen && !this.#isLeaving && !this.#isUnsettled && this.witness.isReading
  }

  get isBusy(): boolean {
    return this.#reader !== undefined
  }

  get isChanging(): boolean {
    return this.#reader !== undefined && !this.isAttached
  }

  get isWaiting(): boolean {
    return this.#reader !== undefined && !this.#isOpen
  }

  unsettle(port = this.#port): void {
    if (port === this.#port) this.#isUnsettled = true
  }

  attach(port: number, from: From): void {
    const cursor = cursorFrom(from, this.witness)
    this.#read(port, cursor, { path: `/events/${this.witness.record.key}`, headers: resume(cursor) })
  }

  start(port: number): void {
    const { id } = this.witness.record
    const cursor = this.witness.lastId
    const headers = `Idempotency-Key: ${id}\r\nContent-Type: application/json\r\n${resume(cursor)}`
    const body = JSON.stringify(inputOf(id))
    this.#read(port, cursor, { method: 'POST', path: '/events/count', headers, body })
  }

  detach(): boolean {
    this.cutAfter(0)
    return false
  }

  hold(): void {
    this.pause()
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

  toString(): string {
    return `${this.witness}${this.isWaiting ? ', waiting' : ''}`
  }

  abandon(): void {
    this.cutAfter(0)
  }

  #read(port: number, asked: string | undefined, request: RawRequest): void {
    if (this.#reader) return
    const { witness } = this
    const attempt = (check: () => void) => {
      try {
        check()
      } catch (error) {
        this.#ledger.failure ??= error
      }
    }
    this.#port = port
    this.#isOpen = false
    this.#isLeaving = false
    this.#isUnsettled = false
    const wasGone = this.#ledger.mayBeGone(witness.record)
    this.#isRefused = false
    const hadEnded = witness.hasEnded
    const headers = `${starterLines}${request.headers}`
    this.#reader = new RawReader(
      port,
      { ...request, headers },
      {
        event: (event) => attempt(() => this.#event(event, asked, request.method === 'POST')),
        closed: (isWhole) => {
          this.#reader = undefined
          witness.closed()
          if (isWhole && !hadEnded && !witness.hasEnded && !this.#ledger.hasFailed && !this.#isRefused)
            this.#ledger.fail(`${witness.name}: the response is over, and the run is not`)
        },
        broken: (why) => this.#ledger.fail(why),
        refused: (status, body) => {
          // A run whose end has been read has nothing more.
          if (status === 204 && hadEnded) return
          this.#isRefused = true
          const problem = JSON.parse(body) as { code: string }
          attempt(() => witness.refused(asked, problem.code, { wasGone }))
        },
      },
    )
  }

  #event(event: EventSourceMessage, asked: string | undefined, isStart: boolean): void {
    const { witness } = this
    if (event.event === '$open') {
      const { run } = JSON.parse(event.data) as { run?: string }
      if (isStart && run !== witness.record.id)
        throw new Error(`${witness.name}: it opens with ${event.data}`)
      if (isStart) witness.record.isConfirmed = true
      this.#isOpen = true
      witness.begins(asked, event.id)
      return
    }
    const error =
      event.event === '$error' ? (JSON.parse(event.data) as { code: string; ended?: true }) : undefined
    const isRefusal = error !== undefined && !error.ended
    if (!this.#isOpen && !isRefusal) throw new Error(`${witness.name}: ${event.event} came before $open`)
    if (!isRefusal) witness.event(event)
    else {
      this.#isRefused = true
      witness.refused(asked, error.code)
    }
  }
}

function resume(cursor: string | undefined): string {
  return cursor === undefined ? '' : `Last-Event-ID: ${cursor}\r\n`
}
