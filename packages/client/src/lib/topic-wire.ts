import { isTidingsError, TidingsError } from '@tidings/core'
import { type CompiledChannel, type Cursor, formatCursor, signal as signals } from '@tidings/core/wire'
import { parseJson } from './answer.js'
import type { ConnectionState } from './connection-state.js'
import type { ErrorPlace, ResolvedOptions } from './options.js'
import { TopicSource } from './topic-source.js'

/** Why events were missed: the server's reasons, or `overflow`, of a loop that reads slower than events arrive. */
export type GapReason = 'expired' | 'epoch' | 'invalid' | 'overflow'

/** What a subscriber is told when it missed events. */
export interface Gap {
  readonly reason: GapReason
  /** The position from which the subscription goes on: `<epoch>.<seq>`. */
  readonly cursor: string
}

/** One subscriber of a topic, as the wire sees it. */
export interface Subscriber {
  /** Whether it is to be handed the topic's state before it is handed events. */
  readonly wantsSnapshot: boolean
  event(name: string, value: unknown, cursor: Cursor): void
  snapshot(value: unknown): void
  gap(gap: Gap): void
  /** Nothing follows: the server refused the topic, or, without a problem, the client was closed. */
  ended(problem?: TidingsError): void
}

/** Whoever keeps the wires of a client. */
export interface WireOwner {
  readonly options: ResolvedOptions
  stateChanged(): void
  /** The wire is over: nobody subscribes to it any more, or it was refused. */
  released(wire: TopicWire): void
  report(error: TidingsError, at: ErrorPlace): void
}

/** How many events are kept for subscribers whose snapshot is on its way. */
const maxHeld = 4_096

interface Received {
  readonly name: string
  readonly value: unknown
  readonly cursor: Cursor
}

/** Subscribers that joined late: events are held for them until a snapshot has come to begin with. */
interface Joining {
  readonly subscribers: Set<Subscriber>
  readonly source: TopicSource
  /** Where the wire was when the first of them joined. */
  readonly since: Cursor | undefined
  readonly held: Received[]
}

/** One topic on the wire, shared by all who subscribe to it: each payload is parsed and validated once. */
export class TopicWire {
  readonly #owner: WireOwner
  readonly #channel: CompiledChannel
  readonly #query: string
  readonly #source: TopicSource
  /** Who is handed events, and from where on: what came before its own snapshot is in it. */
  readonly #live = new Map<Subscriber, Cursor | undefined>()
  #joining: Joining | undefined
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

  get isEmpty(): boolean {
    return this.#live.size === 0 && !this.#joining
  }

  add(subscriber: Subscriber): void {
    if (subscriber.wantsSnapshot && this.#channel.snapshot && this.#hasBegun) this.#join(subscriber)
    else this.#live.set(subscriber, undefined)
  }

  remove(subscriber: Subscriber): void {
    this.#live.delete(subscriber)
    this.#joining?.subscribers.delete(subscriber)
    if (this.#joining?.subscribers.size === 0) this.#endJoining()
    if (this.isEmpty) this.close()
  }

  /** Takes a subscriber that lost its place, and hands it a fresh snapshot to go on from. */
  rejoin(subscriber: Subscriber): void {
    this.#live.delete(subscriber)
    this.add(subscriber)
  }

  /** Ends the wire, and with it all who subscribe. */
  close(problem?: TidingsError): void {
    const subscribers = [...this.#live.keys(), ...(this.#joining?.subscribers ?? [])]
    this.#endJoining()
    this.#live.clear()
    this.#owner.released(this)
    this.#source.close()
    for (const subscriber of subscribers) subscriber.ended(problem)
  }

  #openSource(
    listener: Pick<ConstructorParameters<typeof TopicSource>[2], 'received' | 'missed' | 'refused'>,
  ): TopicSource {
    const address = { path: this.#channel.path, query: this.#query, events: [...this.#channel.events.keys()] }
    return new TopicSource(this.#owner.options, address, {
      ...listener,
      changed: () => this.#owner.stateChanged(),
    })
  }

  #received(name: string, data: string, cursor: Cursor): void {
    const decoded = this.#decode(name, data)
    if (name === signals.snapshot) {
      // It stands for everyone, whoever was waiting for one of its own included.
      const joined = this.#joining ? [...this.#joining.subscribers] : []
      this.#endJoining()
      for (const subscriber of joined) this.#live.set(subscriber, undefined)
      this.#hasBegun = true
      if (decoded) this.#tell((subscriber) => subscriber.snapshot(decoded.value))
      return
    }
    if (!decoded) return
    const received = { name, value: decoded.value, cursor }
    this.#hold(received)
    this.#tell((subscriber, after) => handOver(received, subscriber, after))
  }

  #missed(reason: GapReason, cursor: Cursor): void {
    this.#hasBegun = false
    const gap: Gap = { reason, cursor: formatCursor(cursor) }
    this.#tell((subscriber) => subscriber.gap(gap))
  }

  /**
   * Fetches a snapshot for those who came late, on a short connection of its own. Its position is not before the one the
   * wire had reached when it was asked for, and what arrives meanwhile is held, so nothing is missed in between.
   */
  #join(subscriber: Subscriber): void {
    if (this.#joining) {
      this.#joining.subscribers.add(subscriber)
      return
    }
    const source = this.#openSource({
      received: (name, data, cursor) => {
        if (name === signals.snapshot) this.#joined(data, cursor)
      },
      missed: () => {},
      refused: (problem) => this.close(problem),
    })
    this.#joining = { subscribers: new Set([subscriber]), source, since: this.#source.cursor, held: [] }
  }

  #joined(data: string, cursor: Cursor): void {
    const joining = this.#joining
    if (!joining) return
    this.#endJoining()
    if (joining.since && joining.since.epoch === cursor.epoch && cursor.seq < joining.since.seq) {
      // A node that lags behind answered: what lies between its snapshot and our position would be missed.
      for (const subscriber of joining.subscribers) this.#join(subscriber)
      return
    }
    const decoded = this.#decode(signals.snapshot, data)
    for (const subscriber of joining.subscribers) this.#live.set(subscriber, cursor)
    for (const subscriber of joining.subscribers) {
      if (decoded && this.#live.has(subscriber)) subscriber.snapshot(decoded.value)
      for (const event of joining.held) {
        // An event of another epoch is no continuation of this snapshot: the wire is about to announce a gap.
        if (this.#live.has(subscriber) && event.cursor.epoch === cursor.epoch)
          handOver(event, subscriber, cursor)
      }
    }
  }

  #hold(event: Received): void {
    const joining = this.#joining
    if (!joining) return
    joining.held.push(event)
    if (joining.held.length <= maxHeld) return
    // Too much to keep: begin again with a newer snapshot.
    this.#endJoining()
    for (const subscriber of joining.subscribers) this.#join(subscriber)
  }

  /** Tells every subscriber that was there when it began, and has not left since. */
  #tell(about: (subscriber: Subscriber, after: Cursor | undefined) => void): void {
    for (const [subscriber, after] of [...this.#live]) {
      if (this.#live.has(subscriber)) about(subscriber, after)
    }
  }

  #endJoining(): void {
    const joining = this.#joining
    this.#joining = undefined
    joining?.source.close()
  }

  #decode(name: string, data: string): { readonly value: unknown } | undefined {
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

/** Hands a subscriber an event, unless its own snapshot was taken after it. */
function handOver(
  { name, value, cursor }: Received,
  subscriber: Subscriber,
  after: Cursor | undefined,
): void {
  if (after && after.epoch === cursor.epoch && cursor.seq <= after.seq) return
  subscriber.event(name, value, cursor)
}

/** Reports what a subscriber's own code threw, or throws it again where the runtime reports it. */
export function reportThrown(owner: WireOwner, thrown: unknown, at: ErrorPlace): void {
  if (owner.options.onError) {
    const message = `A handler of ${at.channel} threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    owner.report(new TidingsError({ code: 'internal', message, cause: thrown }), at)
    return
  }
  queueMicrotask(() => {
    throw thrown
  })
}
