import { type BackoffBounds, backoffMs, type Cursor } from '@tidings/core/wire'
import { batchSize } from '../bus/batch-size.js'
import type { BusLog } from '../bus/bus.js'
import { pause } from '../pause.js'
import type { Lease } from './host-lease.js'
import { unbounded } from './run-log.js'

/** The delay before a batch is sent again that the bus may not have. */
const retry: BackoffBounds = { minMs: 50, maxMs: 500 }

/** The log of a run on a bus, which this node writes. */
export interface HostedLog {
  readonly bus: BusLog
  readonly key: string
  readonly epoch: string
  readonly lease: Lease
}

export interface RunWriterCallbacks {
  /** Called with each event, in order, when the bus has it. */
  onAppended(event: string, body: string): void
  /** Called when a batch is done. */
  onProgress(): void
  /** Called when nothing more can be written: the log is lost, or another node has ended it. */
  onLost(): void
}

interface Pending {
  readonly event: string
  readonly body: string
}

/**
 * Writes the events of a run to its log on the bus, one batch after another. A batch has all that was emitted while the
 * one before was under way.
 *
 * A batch that failed is sent again until this node's lease ends: the bus has it once nevertheless.
 */
export class RunWriter {
  readonly #log: HostedLog
  readonly #callbacks: RunWriterCallbacks
  #pending: Pending[] = []
  #pendingLength = 0
  #seq = 0
  #writing: Promise<void> | undefined
  #isLost = false

  constructor(log: HostedLog, callbacks: RunWriterCallbacks) {
    this.#log = log
    this.#callbacks = callbacks
  }

  /** How much waits for the bus, in characters. */
  get pendingLength(): number {
    return this.#pendingLength
  }

  append(event: string, body: string): void {
    if (this.#isLost) return
    this.#pending.push({ event, body })
    this.#pendingLength += body.length
    this.#writing ??= this.#write()
  }

  /** Discards the events up to a position. */
  drop(seq: number): void {
    const { bus, key, epoch } = this.#log
    // What stays expires with the log.
    bus.drop(key, { epoch, seq }).catch(() => {})
  }

  /** Writes nothing more. */
  stop(): void {
    this.#isLost = true
    this.#pending = []
    this.#pendingLength = 0
  }

  /** Resolves when everything is written. */
  async flushed(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    // In a microtask, so that the first batch has all events of this turn.
    await undefined
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, batchSize(this.#pending))
      const isWritten = await this.#send(batch.map(({ body }) => body))
      if (this.#isLost) break
      if (!isWritten) {
        this.stop()
        this.#callbacks.onLost()
        break
      }
      this.#seq += batch.length
      for (const { event, body } of batch) {
        this.#pendingLength -= body.length
        this.#callbacks.onAppended(event, body)
      }
      this.#callbacks.onProgress()
    }
    this.#writing = undefined
  }

  async #send(bodies: readonly string[]): Promise<boolean> {
    const { bus, key, epoch, lease } = this.#log
    const after: Cursor = { epoch, seq: this.#seq }
    for (let failures = 0; lease.isHeld && !this.#isLost; failures += 1) {
      try {
        return await bus.extend(key, after, bodies, unbounded)
      } catch {
        await pause(backoffMs(retry, failures))
      }
    }
    return false
  }
}
