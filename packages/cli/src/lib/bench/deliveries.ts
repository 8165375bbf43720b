import type { Marks } from './marks.js'
import { Timings } from './timings.js'

/** The most events that wait for the rest of their subscribers. */
const maxOpen = 10_000

/** An event that some of its subscribers have received. */
interface OpenEvent {
  readonly firstAt: number
  left: number
}

/** A delivery of an event to a subscriber. */
export interface Delivery {
  /** The cursor of the event, which no other event has. */
  readonly cursor: string
  /** How many subscribers its topic has. */
  readonly subscribers: number
  /** Its payload, and the text of that. */
  readonly value: unknown
  readonly data: string
}

/** Counts deliveries and their delays, in bounded memory. */
export class Deliveries {
  /** The path in a payload to the time at which its event was sent. */
  readonly #timeField: readonly string[] | undefined
  readonly #marks: Marks | undefined
  readonly #open = new Map<string, OpenEvent>()
  readonly #spread = new Timings()
  readonly #latency = new Timings()
  #events = 0
  #incomplete = 0
  #untimed = 0
  #isDraining = false

  constructor(timeField: string | undefined, marks: Marks | undefined) {
    this.#timeField = timeField?.split('.')
    this.#marks = marks
  }

  /** Whether events wait for the rest of their subscribers. */
  get isPending(): boolean {
    return this.#open.size > 0
  }

  /** Counts no further events from now on, but those that some subscribers have received, or that commands cause. */
  drain(): void {
    this.#isDraining = true
  }

  add(delivery: Delivery): void {
    if (this.#isDraining && !this.#marks && !this.#open.has(delivery.cursor)) return
    this.#events += 1
    const now = performance.now()
    this.#addSpread(delivery, now)
    const latency = this.#latencyOf(delivery, now)
    if (latency !== undefined) this.#latency.add(latency)
  }

  get result() {
    return {
      deliveries: this.#events,
      /** Between the first and the last subscriber of an event. */
      spreadMs: this.#spread.distribution,
      /** From the sending of an event to each subscriber. */
      latencyMs: this.#latency.distribution,
      /** Events that not all subscribers of their topic have received. */
      incomplete: this.#incomplete + this.#open.size,
      /** Deliveries without a time in the field. */
      untimed: this.#untimed,
    }
  }

  #addSpread({ cursor, subscribers }: Delivery, now: number): void {
    if (subscribers < 2) return
    const event = this.#open.get(cursor)
    if (!event) {
      this.#open.set(cursor, { firstAt: now, left: subscribers - 1 })
      if (this.#open.size <= maxOpen) return
      const [oldest = ''] = this.#open.keys()
      this.#open.delete(oldest)
      this.#incomplete += 1
      return
    }
    event.left -= 1
    if (event.left > 0) return
    this.#open.delete(cursor)
    this.#spread.add(now - event.firstAt)
  }

  #latencyOf({ value, data }: Delivery, now: number): number | undefined {
    if (this.#marks) {
      const sentAt = this.#marks.sentAt(data)
      return sentAt === undefined ? undefined : now - sentAt
    }
    if (!this.#timeField) return undefined
    const sentAt = timeOf(this.#timeField.reduce(memberOf, value))
    if (sentAt === undefined) {
      this.#untimed += 1
      return undefined
    }
    return Math.max(0, performance.timeOrigin + now - sentAt)
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** Returns milliseconds since the epoch, of a number or of a date as text. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : value
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined
}
