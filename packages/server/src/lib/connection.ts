import type { TidingsError } from '@tidings/core'
import { encodeEventBody, type ServerGapReason, signal, toProblem } from '@tidings/core/wire'
import type { Admission } from './admission.js'
import { Chunk } from './chunk.js'
import { type Beating, type Heartbeat, heartbeatChunk } from './heartbeat.js'
import type { ConnectionInfo, DisconnectReason, Hooks } from './hooks.js'
import type { Sink, SinkListener } from './http.js'
import type { Carrier, Hub } from './hub.js'
import type { Piece, Subscription, SubscriptionOwner } from './subscription.js'
import type { Tally } from './tally.js'

/** What a connection needs of its server. */
export interface ConnectionHome {
  readonly hub: Hub
  readonly admission: Admission
  readonly heartbeat: Heartbeat
  readonly tally: Tally
  readonly hooks: Hooks
  readonly connections: Set<Connection>
  readonly options: {
    readonly heartbeatMs: number
    readonly stallMs: number
    readonly maxConnectionMs: number
  }
  /** What others may see of an error at some place; the rest of it is reported. */
  publicError(error: unknown, place: string): TidingsError
}

/**
 * One response that carries subscriptions.
 *
 * It keeps no frames: what it has not written yet stands in the logs. While its socket is full it notes who has
 * something to say, and asks them when the socket has drained.
 */
export class Connection implements Beating, Carrier, SubscriptionOwner, SinkListener {
  readonly #home: ConnectionHome
  readonly #sink: Sink
  readonly #info: ConnectionInfo
  readonly #subscriptions = new Set<Subscription>()
  /** Those that have something to say, in a row: see {@link Subscription.nextReady}. */
  #firstReady: Subscription | undefined
  #lastReady: Subscription | undefined
  readonly #openedAt = performance.now()
  readonly #lifeMs: number
  /** Counts of beats: when something was written last, and since when its socket is full. */
  #writtenBeat: number
  #fullBeat = 0
  #state: 'writable' | 'full' | 'closed' = 'writable'
  #isTouched = false

  constructor(home: ConnectionHome, sink: Sink, info: ConnectionInfo) {
    this.#home = home
    this.#sink = sink
    this.#info = info
    // Connections that were opened together do not end together.
    this.#lifeMs = home.options.maxConnectionMs * (1 - Math.random() / 5)
    this.#writtenBeat = home.heartbeat.count
    home.heartbeat.add(this)
    home.connections.add(this)
    home.hooks.connected?.(info)
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions
  }

  /** Takes a subscription, or ends it at once where the connection is over already. */
  add(subscription: Subscription): void {
    if (this.#state === 'closed') {
      subscription.end()
      return
    }
    this.#subscriptions.add(subscription)
    this.#home.hub.join(subscription.topic, subscription)
    this.ready(subscription)
  }

  ready(subscription: Subscription): void {
    if (this.#state === 'closed' || subscription.isReady) return
    subscription.isReady = true
    if (this.#lastReady) this.#lastReady.nextReady = subscription
    else this.#firstReady = subscription
    this.#lastReady = subscription
    if (this.#isTouched) return
    this.#isTouched = true
    this.#home.hub.flushSoon(this)
  }

  missed({ topic }: Subscription, reason: ServerGapReason): void {
    this.#home.tally.gaps += 1
    this.#home.hooks.gap?.({ ...this.#info, topic: topic.key, reason })
  }

  /** A plain topic's connection ends with its one subscription. */
  failed(subscription: Subscription, error: unknown): void {
    if (this.#state === 'closed') return
    const problem = toProblem(this.#home.publicError(error, subscription.topic.key))
    this.end('failed', encodeEventBody(signal.error, problem))
  }

  flush(): void {
    this.#isTouched = false
    if (this.#state !== 'writable') return
    const piece = this.#take()
    if (!piece) return
    if (!this.#firstReady) {
      this.#write(piece.chunk)
      return
    }
    this.#sink.cork()
    for (let next: Piece | undefined = piece; next; next = this.#isWritable() ? this.#take() : undefined) {
      this.#write(next.chunk)
    }
    this.#sink.uncork()
  }

  beat(): void {
    const { heartbeat, options, tally } = this.#home
    if (this.#state === 'full') {
      if (!heartbeat.isPast(options.stallMs, this.#fullBeat)) return
      tally.stalled += 1
      this.#release('stalled')
      this.#sink.abort()
    } else if (performance.now() - this.#openedAt >= this.#lifeMs) {
      this.end('expired')
    } else if (heartbeat.isNearly(options.heartbeatMs, this.#writtenBeat)) {
      this.#write(heartbeatChunk)
    }
  }

  /** Ends the response, with some last words. */
  end(reason: DisconnectReason, last?: string): void {
    if (this.#state === 'closed') return
    this.flush()
    if (last) this.#write(new Chunk(last))
    this.#release(reason)
    this.#sink.end()
  }

  drained(): void {
    if (this.#state !== 'full') return
    this.#state = 'writable'
    this.flush()
  }

  closed(): void {
    this.#release('left')
  }

  /** The next that is owed to anyone; whoever is owed nothing more is not ready any more. */
  #take(): Piece | undefined {
    for (let first = this.#firstReady; first; first = this.#firstReady) {
      const piece = first.take()
      if (!first.hasMore) this.#shiftReady(first)
      if (!piece) continue
      this.#home.tally.deliveries += piece.count
      return piece
    }
    return undefined
  }

  #shiftReady(first: Subscription): void {
    first.isReady = false
    this.#firstReady = first.nextReady
    first.nextReady = undefined
    if (!this.#firstReady) this.#lastReady = undefined
  }

  #isWritable(): boolean {
    return this.#state === 'writable'
  }

  #write(chunk: Chunk): void {
    const { heartbeat, tally } = this.#home
    tally.bytes += chunk.byteLength
    this.#writtenBeat = heartbeat.count
    if (this.#sink.write(chunk)) return
    this.#state = 'full'
    this.#fullBeat = heartbeat.count
  }

  #release(reason: DisconnectReason): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    for (const subscription of this.#subscriptions) {
      subscription.end()
      this.#home.hub.leave(subscription.topic, subscription)
    }
    this.#subscriptions.clear()
    this.#firstReady = undefined
    this.#lastReady = undefined
    this.#home.connections.delete(this)
    this.#home.heartbeat.remove(this)
    this.#home.admission.release(this.#info)
    const durationMs = performance.now() - this.#openedAt
    this.#home.hooks.disconnected?.({ ...this.#info, reason, durationMs })
  }
}
