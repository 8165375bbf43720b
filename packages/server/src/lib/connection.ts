import { encodeEventBody, type ServerGapReason, signal, toProblem } from '@tidings/core/wire'
import type { Admission } from './admission.js'
import { Chunk } from './chunk.js'
import type { ConnectionInfo, DisconnectReason, Hooks } from './hooks.js'
import type { Sink, SinkListener } from './http.js'
import type { Carrier, Hub } from './hub.js'
import { Outlet, type OutletHome, type OutletOwner } from './outlet.js'
import type { Piece, Subscription, SubscriptionOwner } from './subscription.js'

/** What a connection needs of its server. */
export interface ConnectionHome extends OutletHome {
  readonly hub: Hub
  readonly admission: Admission
  readonly hooks: Hooks
  readonly connections: Set<Connection>
  readonly options: OutletHome['options'] & { readonly maxConnectionMs: number }
}

/**
 * One response that carries subscriptions.
 *
 * It keeps no frames: what it has not written yet stands in the logs. While its socket is full it notes who has
 * something to say, and asks them when the socket has drained.
 */
export class Connection implements Carrier, OutletOwner, SubscriptionOwner, SinkListener {
  readonly #home: ConnectionHome
  readonly #outlet: Outlet
  readonly #info: ConnectionInfo
  readonly #subscriptions = new Set<Subscription>()
  /** Those that have something to say, in a row: see {@link Subscription.nextReady}. */
  #firstReady: Subscription | undefined
  #lastReady: Subscription | undefined
  readonly #openedAt = performance.now()
  readonly #lifeMs: number
  #isOver = false
  #isTouched = false

  constructor(home: ConnectionHome, sink: Sink, info: ConnectionInfo) {
    this.#home = home
    this.#info = info
    // Connections that were opened together do not end together.
    this.#lifeMs = home.options.maxConnectionMs * (1 - Math.random() / 5)
    this.#outlet = new Outlet(home, sink, this)
    home.connections.add(this)
    home.hooks.connected?.(info)
  }

  /** How many of its subscriptions are owed something that its client has no room for. */
  get laggingCount(): number {
    if (!this.#outlet.isFull) return 0
    let count = 0
    for (const subscription of this.#subscriptions) if (subscription.hasMore) count += 1
    return count
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions
  }

  /** Takes a subscription, or ends it at once where the connection is over already. */
  add(subscription: Subscription): void {
    if (this.#isOver) {
      subscription.end()
      return
    }
    this.#subscriptions.add(subscription)
    this.#home.hub.join(subscription.topic, subscription)
    this.ready(subscription)
  }

  ready(subscription: Subscription): void {
    if (this.#isOver || subscription.isReady) return
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
    if (this.#isOver) return
    const problem = toProblem(this.#home.publicError(error, subscription.topic.key))
    this.end('failed', encodeEventBody(signal.error, problem))
  }

  flush(): void {
    this.#isTouched = false
    const outlet = this.#outlet
    if (!outlet.isWritable) return
    const piece = this.#take()
    if (!piece) return
    if (!this.#firstReady) {
      outlet.write(piece.chunk)
      return
    }
    outlet.together(() => {
      for (let next: Piece | undefined = piece; next; next = outlet.isWritable ? this.#take() : undefined) {
        outlet.write(next.chunk)
      }
    })
  }

  beat(): void {
    const { beatMs } = this.#home.heartbeat
    if (performance.now() - this.#openedAt + beatMs >= this.#lifeMs) this.end('expired')
  }

  cut(reason: 'stalled' | 'failed', error?: unknown): void {
    this.#release(reason)
    if (error !== undefined) this.#home.publicError(error, this.#info.topic)
  }

  /** Ends the response, with some last words. */
  end(reason: DisconnectReason, last?: string): void {
    if (this.#isOver) return
    this.flush()
    if (last) this.#outlet.write(new Chunk(last))
    this.#release(reason)
    this.#outlet.end()
  }

  drained(): void {
    if (this.#outlet.drained()) this.flush()
  }

  closed(): void {
    this.#outlet.closed()
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

  #release(reason: DisconnectReason): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const subscription of this.#subscriptions) {
      subscription.end()
      this.#home.hub.leave(subscription.topic, subscription)
    }
    this.#subscriptions.clear()
    this.#firstReady = undefined
    this.#lastReady = undefined
    this.#home.connections.delete(this)
    this.#home.admission.release(this.#info)
    const durationMs = performance.now() - this.#openedAt
    this.#home.hooks.disconnected?.({ ...this.#info, reason, durationMs })
  }
}
