import { isTidingsError, type TidingsError } from '@tidings/core'
import { type CompiledChannel, type Cursor, formatCursor, signal as signals } from '@tidings/core/wire'
import { parseJson } from './answer.js'
import type { ConnectionState } from './connection-state.js'
import { type Beginning, LateSubscribers } from './late-subscribers.js'
import type { ErrorPlace, ResolvedOptions } from './options.js'
import type { Gap, GapReason, Received, Subscriber } from './subscriber.js'
import { TopicSource, type TopicSourceListener } from './topic-source.js'

/** Whoever keeps the wires of a client. */
export interface WireOwner {
  readonly options: ResolvedOptions
  stateChanged(): void
  /** The wire is over: nobody subscribes to it any more, or it was refused. */
  released(wire: TopicWire): void
  report(error: TidingsError, at: ErrorPlace): void
}

/** One topic on the wire, shared by all who subscribe to it: each payload is parsed and validated once. */
export class TopicWire {
  readonly #owner: WireOwner
  readonly #channel: CompiledChannel
  readonly #query: string
  readonly #source: TopicSource
  /** Who is handed events, with the position of the snapshot that was fetched for it alone: what came before is in it. */
  readonly #live = new Map<Subscriber, Cursor | undefined>()
  #late: LateSubscribers | undefined
  /** Whether the snapshot that the source begins with has been handed out, so that who comes now is late. */
  #hasBegun = false

  constructor(owner: WireOwner, channel: CompiledChannel, query: string) {
    this.#owner = owner
    this.#channel = channel
    this.#query = query
    this.#source = this.#openSource({
      received: (name, data, cursor) => this.#received(name, data, cursor),
      missed: (reason, cursor) => this.#missed(reason as GapReason, cursor),
      refused: (problem) => this.close(problem),
    })
  }

  get state(): ConnectionState {
    return this.#source.state
  }

  add(subscriber: Subscriber): void {
    if (!(subscriber.wantsSnapshot && this.#channel.snapshot && this.#hasBegun)) {
      this.#live.set(subscriber, undefined)
    } else if (this.#late) {
      this.#late.subscribers.add(subscriber)
    } else {
      this.#fetchFor([subscriber])
    }
  }

  remove(subscriber: Subscriber): void {
    this.#live.delete(subscriber)
    this.#late?.subscribers.delete(subscriber)
    if (this.#late?.subscribers.size === 0) this.#takeLate()
    if (this.#live.size === 0 && !this.#late) this.close()
  }

  /** Takes a subscriber that lost its place, and hands it a fresh snapshot to go on from. */
  rejoin(subscriber: Subscriber): void {
    this.#live.delete(subscriber)
    this.add(subscriber)
  }

  /** Ends the wire, and with it all who subscribe. */
  close(problem?: TidingsError): void {
    const subscribers = [...this.#live.keys(), ...this.#takeLate()]
    this.#live.clear()
    this.#owner.released(this)
    this.#source.close()
    for (const subscriber of subscribers) subscriber.ended(problem)
  }

  #openSource(listener: Pick<TopicSourceListener, 'received' | 'missed' | 'refused'>): TopicSource {
    const address = { path: this.#channel.path, query: this.#query, events: [...this.#channel.events.keys()] }
    return new TopicSource(this.#owner.options, address, {
      ...listener,
      changed: () => this.#owner.stateChanged(),
    })
  }

  #received(name: string, data: string, cursor: Cursor): void {
    const decoded = this.#decode(name, data)
    if (name === signals.snapshot) {
      this.#hasBegun = true
      this.#begin(decoded)
    } else if (decoded) {
      const event: Received = { name, value: decoded.value, cursor }
      // Too much to hold: those who wait begin again with a newer snapshot.
      if (this.#late?.hold(event) === false) this.#fetchFor(this.#takeLate())
      this.#tell((subscriber, own) => {
        if (!own || !isAtOrAfter(own, cursor)) subscriber.event(event)
      })
    }
  }

  /** Hands out the source's snapshot. It stands for everyone: what anyone was handed before does not count any more. */
  #begin(decoded: Decoded | undefined): void {
    for (const subscriber of this.#takeLate()) this.#live.set(subscriber, undefined)
    this.#tell((subscriber) => {
      this.#live.set(subscriber, undefined)
      if (decoded) subscriber.snapshot(decoded.value)
    })
  }

  #missed(reason: GapReason, cursor: Cursor): void {
    const gap: Gap = { reason, cursor: formatCursor(cursor) }
    this.#tell((subscriber) => subscriber.gap(gap))
    if (!this.#channel.snapshot) return
    // Those who came late have missed nothing yet: they begin with the snapshot that follows, like everyone.
    this.#hasBegun = false
    for (const subscriber of this.#takeLate()) this.#live.set(subscriber, undefined)
  }

  #fetchFor(subscribers: Iterable<Subscriber>): void {
    this.#late = new LateSubscribers(
      subscribers,
      this.#source.cursor,
      (listener) => this.#openSource(listener),
      {
        arrived: (beginning) => this.#beginLate(beginning),
        refused: (problem) => {
          const refused = this.#takeLate()
          if (this.#live.size === 0) this.close()
          for (const subscriber of refused) subscriber.ended(problem)
        },
      },
    )
  }

  #beginLate({ snapshot, events, position, held }: Beginning): void {
    const subscribers = this.#takeLate()
    const decoded = this.#decode(signals.snapshot, snapshot)
    const own = events.flatMap(({ name, data, cursor }) => {
      const event = this.#decode(name, data)
      return event ? [{ name, value: event.value, cursor }] : []
    })
    for (const subscriber of subscribers) this.#live.set(subscriber, position)
    for (const subscriber of subscribers) {
      if (decoded && this.#live.has(subscriber)) subscriber.snapshot(decoded.value)
      for (const event of [...own, ...held]) if (this.#live.has(subscriber)) subscriber.event(event)
    }
  }

  /** Tells every subscriber that was there when it began, and has not left since. */
  #tell(about: (subscriber: Subscriber, own: Cursor | undefined) => void): void {
    for (const [subscriber, own] of [...this.#live]) {
      if (this.#live.has(subscriber)) about(subscriber, own)
    }
  }

  /** Ends the waiting of those who came late, and gives them back. */
  #takeLate(): readonly Subscriber[] {
    const late = this.#late
    this.#late = undefined
    late?.close()
    return late ? [...late.subscribers] : []
  }

  #decode(name: string, data: string): Decoded | undefined {
    const { path, snapshot, events } = this.#channel
    const plan = name === signals.snapshot ? snapshot : events.get(name)
    if (!plan) return undefined
    const what = `${name} of ${path}`
    try {
      return { value: plan.decode(parseJson(data, what), what, 'invalid_response') }
    } catch (error) {
      if (!isTidingsError(error)) throw error
      this.#owner.report(error, { channel: path, topic: this.#query, event: name, data })
      return undefined
    }
  }
}

/** A payload that fits its schema; in an object, for it may be undefined itself. */
interface Decoded {
  readonly value: unknown
}

function isAtOrAfter(position: Cursor, other: Cursor): boolean {
  return position.epoch === other.epoch && position.seq >= other.seq
}
