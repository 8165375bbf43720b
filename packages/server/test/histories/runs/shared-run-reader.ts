import type { ControlResult } from '@tidings/core/wire'
import type { RunLedger } from './run-ledger.js'
import { asStarter, cursorFrom, type From, inputOf, type RunReader } from './run-reader.js'
import type { RunWitness } from './run-witness.js'
import { send } from './send.js'
import type { SharedRunClient } from './shared-run-client.js'

/** An operation whose result has come. */
interface SentOperation {
  readonly sequence: number
  readonly cursor: string | undefined
  /** Whether the reader has requested nothing since. */
  readonly isNewest: boolean
  /** Whether the server may have known nothing of the run when it was sent. */
  readonly wasGone: boolean
}

/** Reads one run on the connection of a client. */
export class SharedRunReader implements RunReader {
  readonly witness: RunWitness
  readonly #client: SharedRunClient
  readonly #ledger: RunLedger
  /** Where the client wants to read from, once it is connected again. */
  #wanted: From | undefined
  /** The cursors of the requests that this connection may still be subscribed by. */
  readonly #asked = new Map<number, string | undefined>()
  /** How many starts are still to subscribe the connection, and how many of those were given up meanwhile. */
  #starts = 0
  #staleStarts = 0
  /** The newest request that gave the subscription up. */
  #stoppedBy = 0
  /** The newest request, of whatever kind. */
  #newest = 0
  /** Requests that have no result yet. */
  #pending = 0
  #isHeld = false
  #isStarting = false
  /** Whether it is not known what the server has done. */
  #isInDoubt = false

  constructor(witness: RunWitness, client: SharedRunClient, ledger: RunLedger) {
    this.witness = witness
    this.#client = client
    this.#ledger = ledger
  }

  get isAttached(): boolean {
    const isCertain = this.#client.isStable && !this.isWaiting && !this.#isInDoubt
    return isCertain && (this.witness.isReading || this.#isHeld)
  }

  get isBusy(): boolean {
    const isConnecting = this.#client.isConnected && this.#client.id === undefined
    return this.isWaiting || isConnecting || (this.witness.isReading && !this.#isInDoubt)
  }

  get isChanging(): boolean {
    return this.isWaiting || this.#isInDoubt || (this.#client.isConnected && !this.#client.isStable)
  }

  get isWaiting(): boolean {
    return this.#pending > 0 || this.#isStarting
  }

  unsettle(port?: number): void {
    this.#client.unsettle(port)
  }

  attach(port: number, from: From): void {
    // A client subscribes once it knows that the run has begun.
    if (this.#isStarting) return
    this.#wanted = from
    if (this.#client.id === undefined) this.#client.connect(port)
    else void this.#subscribe(port, from)
  }

  start(port: number): void {
    if (this.isWaiting) return
    this.#wanted = 'last'
    const { id: connection } = this.#client
    const { record } = this.witness
    this.#newest += 1
    this.#isStarting = true
    if (connection !== undefined) this.#starts += 1
    const headers = {
      ...asStarter,
      'idempotency-key': record.id,
      prefer: 'respond-async',
      ...(connection !== undefined && { 'tidings-connection': connection }),
    }
    const newest = this.#newest
    void send(port, '/events/count', inputOf(record.id), headers).then((response) => {
      this.#isStarting = false
      if (!response) return
      const { status, body } = response
      const isSameConnection = connection !== undefined && connection === this.#client.id
      if (status !== 202) {
        if (isSameConnection) this.#starts -= 1
        const { code } = body as { code: string }
        const isUsed = code === 'conflict' && this.#ledger.mayBeUsed(record)
        if (code !== 'unavailable' && !isUsed)
          this.#ledger.fail(`${this.witness.name}: a start is refused with ${code}`)
        return
      }
      record.isConfirmed = true
      const { run, subscribed } = body as { run: string; subscribed: boolean }
      if (run !== record.id || response.headers['location'] !== record.key)
        this.#ledger.fail(`the start of ${record.id} is answered with ${JSON.stringify(body)}`)
      if (!subscribed && isSameConnection) this.#starts -= 1
      if (!subscribed && newest === this.#newest) this.attach(port, 'beginning')
    })
  }

  detach(port: number): boolean {
    this.#wanted = undefined
    if (this.#client.id === undefined || this.#isStarting) return false
    const { key } = this.witness.record
    this.#isHeld = false
    void this.#operate(port, { unsubscribe: key }, undefined)
    return true
  }

  hold(port: number): void {
    if (!this.witness.isReading || this.#isStarting) return
    const { key } = this.witness.record
    void this.#operate(port, { pause: key }, undefined)
  }

  pause(): void {
    this.#client.pause()
  }

  resume(): void {
    this.#client.resume()
  }

  settle(): void {
    this.#client.settle()
  }

  cutAfter(bytes: number): void {
    this.#client.cutAfter(bytes)
  }

  toString(): string {
    const about = { waiting: this.isWaiting, inDoubt: this.#isInDoubt, held: this.#isHeld }
    return `${this.witness}, ${JSON.stringify(about)}, its client ${this.#client.isStable ? '' : 'not '}stable`
  }

  abandon(): void {
    this.#wanted = undefined
    this.#newest += 1
    this.cutAfter(0)
  }

  /** The client has a connection. */
  connected(port: number): void {
    if (this.#wanted) void this.#subscribe(port, 'last')
  }

  /** The client has none any more. */
  disconnected(): void {
    this.#asked.clear()
    this.#starts = 0
    this.#staleStarts = 0
    this.#stoppedBy = 0
    this.#pending = 0
    this.#isHeld = false
    this.#isInDoubt = false
    this.witness.closed()
  }

  /** The connection carries the run, by a request or by a start. */
  subscribed(cursor: string | undefined, request: number | undefined): void {
    const { name } = this.witness
    if (cursor === undefined) throw new Error(`${name}: $subscribed without a cursor`)
    let isStale = request !== undefined && request < this.#stoppedBy
    if (request === undefined) {
      if (this.#starts === 0) throw new Error(`${name}: it is subscribed without having asked`)
      this.#starts -= 1
      isStale = this.#staleStarts > 0
      if (isStale) this.#staleStarts -= 1
      this.witness.record.isConfirmed = true
    } else if (!this.#asked.has(request)) throw new Error(`${name}: it is subscribed by request ${request}`)
    this.witness.begins(request === undefined ? undefined : this.#asked.get(request), cursor)
    if (isStale) {
      this.witness.stopped()
      return
    }
    this.#isHeld = false
    this.#isInDoubt = false
  }

  /** The connection goes on without the run. */
  failed(code: string): void {
    this.#isHeld = false
    this.witness.refused(this.witness.lastId, code)
  }

  async #subscribe(port: number, from: From): Promise<void> {
    const cursor = cursorFrom(from, this.witness)
    const { key } = this.witness.record
    await this.#operate(port, { subscribe: key, ...(cursor !== undefined && { cursor }) }, cursor)
  }

  async #operate(
    port: number,
    operation: { subscribe: string; cursor?: string } | { unsubscribe: string } | { pause: string },
    cursor: string | undefined,
  ): Promise<void> {
    const { id } = this.#client
    this.#newest += 1
    const newest = this.#newest
    this.#pending += 1
    let sequence = 0
    const wasGone = this.#ledger.mayBeGone(this.witness.record)
    const results = await this.#client.control(port, [operation], (numbered) => {
      sequence = numbered
      if ('subscribe' in operation) this.#asked.set(sequence, cursor)
    })
    if (id === undefined || this.#client.id !== id) return
    this.#pending -= 1
    const [result] = results ?? []
    // A request that was overtaken has done nothing, but a pause before it may have.
    this.#isInDoubt ||= results === undefined || (result === undefined && 'subscribe' in operation)
    const isNewest = newest === this.#newest
    if (result?.status === 'refused')
      this.#refused(operation, result, { sequence, cursor, isNewest, wasGone })
    if (result?.status === 'done') this.#stopped(sequence, 'pause' in operation, isNewest)
  }

  /** The server writes no more, unless a newer request has subscribed again. */
  #stopped(sequence: number, isHeld: boolean, isNewest: boolean): void {
    this.#stoppedBy = Math.max(this.#stoppedBy, sequence)
    if (!isNewest) return
    this.#staleStarts = this.#starts
    this.#isHeld = isHeld
    this.witness.stopped()
  }

  #refused(
    operation: object,
    { problem }: ControlResult & { status: 'refused' },
    { sequence, cursor, isNewest, wasGone }: SentOperation,
  ): void {
    // A run that is over, was left or was refused is not carried any more, and cannot be held.
    if ('pause' in operation && ['bad_request', 'not_found'].includes(problem.code)) {
      if (isNewest) this.witness.stopped()
      return
    }
    // A newer request for the run has taken its place.
    if (problem.code === 'conflict' || !isNewest) return
    try {
      if ('subscribe' in operation) {
        // It has ended what was subscribed or held before.
        this.#stopped(sequence, false, true)
        this.witness.refused(cursor, problem.code, { wasGone, isApart: true })
      } else if (problem.code !== 'unavailable')
        this.#ledger.fail(`${JSON.stringify(operation)}: ${problem.code}`)
    } catch (error) {
      this.#ledger.failure ??= error
    }
  }
}
