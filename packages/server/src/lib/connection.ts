import type { TidingsError } from '@tidings/core'
import { encodeEventBody, heartbeatFrame, signal, toProblem } from '@tidings/core/wire'
import type { Beating, Heartbeat } from './heartbeat.js'
import type { Sink, SinkListener } from './http.js'
import type { Carrier, Hub } from './hub.js'
import type { Subscription, SubscriptionOwner } from './subscription.js'

const heartbeat = Buffer.from(heartbeatFrame)

/** What a connection needs of its server. */
export interface ConnectionHome {
  readonly hub: Hub
  readonly heartbeat: Heartbeat
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
  readonly #subscriptions = new Set<Subscription>()
  readonly #ready = new Set<Subscription>()
  #state: 'writable' | 'full' | 'closed' = 'writable'
  #isQuiet = true

  constructor(home: ConnectionHome, sink: Sink) {
    this.#home = home
    this.#sink = sink
    home.heartbeat.add(this)
    home.hub.add(this)
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size
  }

  /** Takes a subscription, or ends it at once where the connection is over already. */
  add(subscription: Subscription): void {
    if (this.#state === 'closed') {
      subscription.end(performance.now())
      return
    }
    this.#subscriptions.add(subscription)
    this.ready(subscription)
  }

  ready(subscription: Subscription): void {
    if (this.#state === 'closed') return
    this.#ready.add(subscription)
    this.#home.hub.flushSoon(this)
  }

  /** A plain topic's connection ends with its one subscription. */
  failed(subscription: Subscription, error: unknown): void {
    if (this.#state === 'closed') return
    const problem = toProblem(this.#home.publicError(error, subscription.topic.key))
    this.#sink.write(encodeEventBody(signal.error, problem))
    this.end()
  }

  flush(): void {
    if (this.#state !== 'writable' || this.#ready.size === 0) return
    const chunks: Uint8Array[] = []
    for (const subscription of this.#ready) subscription.take(chunks)
    this.#ready.clear()
    const [first] = chunks
    if (first) this.#write(chunks.length === 1 ? first : Buffer.concat(chunks))
  }

  beat(): void {
    if (this.#state === 'writable' && this.#isQuiet) this.#write(heartbeat)
    this.#isQuiet = true
  }

  end(): void {
    if (this.#state === 'closed') return
    this.#release()
    this.#sink.end()
  }

  drained(): void {
    if (this.#state !== 'full') return
    this.#state = 'writable'
    this.flush()
  }

  closed(): void {
    if (this.#state !== 'closed') this.#release()
  }

  #write(chunk: Uint8Array): void {
    this.#isQuiet = false
    if (!this.#sink.write(chunk)) this.#state = 'full'
  }

  #release(): void {
    this.#state = 'closed'
    const now = performance.now()
    for (const subscription of this.#subscriptions) subscription.end(now)
    this.#subscriptions.clear()
    this.#ready.clear()
    this.#home.hub.remove(this)
    this.#home.heartbeat.remove(this)
  }
}
