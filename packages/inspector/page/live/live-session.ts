import type { Connection, ErrorContext } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import type { ChannelDocument, ContractDocument } from '@tidings/core/describe'
import { channelOf, type UntypedClient } from '../untyped-client.js'
import type { Frame, Network } from './network.js'
import { TopicWatch } from './topic-watch.js'

type ConnectionState = Connection['state']

/** What the live view shows. It is replaced when something changes. */
export interface LiveView {
  readonly watches: readonly TopicWatch[]
  readonly connection: ConnectionState
  readonly isCut: boolean
  /** Connections that replaced a lost one. */
  readonly reconnects: number
}

/** The subscriptions of the page, which share the connection of its client. */
export class LiveSession {
  readonly #document: ContractDocument
  readonly #client: UntypedClient
  readonly #network: Network
  readonly #watches = new Map<string, TopicWatch>()
  readonly #listeners = new Set<() => void>()
  #view: LiveView | undefined
  #isOpened = false
  #reconnects = 0
  #restoring: ReturnType<typeof setTimeout> | undefined

  constructor(document: ContractDocument, client: UntypedClient, network: Network) {
    this.#document = document
    this.#client = client
    this.#network = network
    network.onSignal((signal) => this.#onSignal(signal))
    client.connection.on('change', (state) => this.#onConnection(state))
  }

  get view(): LiveView {
    this.#view ??= {
      watches: [...this.#watches.values()],
      connection: this.#client.connection.state,
      isCut: this.#network.isCut,
      reconnects: this.#reconnects,
    }
    return this.#view
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Subscribes to a topic, or finds the subscription to it.
   *
   * @throws TidingsError `invalid_input` for params that do not fit
   */
  watch(path: string, params: unknown): TopicWatch {
    const topic = channelOf(this.#client, path)(params)
    const known = this.#watches.get(topic.key)
    if (known) {
      if (known.status === 'refused') known.start()
      return known
    }
    const channel = this.#document.procedures[path] as ChannelDocument
    const watch = new TopicWatch({ path, params, channel, topic }, this.#network, () => this.#changed())
    this.#watches.set(watch.key, watch)
    this.#changed()
    return watch
  }

  /** Returns the subscription to a topic, by its key. */
  find(key: string): TopicWatch | undefined {
    return this.#watches.get(key)
  }

  unwatch(watch: TopicWatch): void {
    watch.stop()
    this.#watches.delete(watch.key)
    this.#changed()
  }

  /**
   * Cuts the connection as a lost network would, and lets the client connect again after a while.
   *
   * @param ms how long requests fail; without it, until `restore`
   */
  cut(ms?: number): void {
    clearTimeout(this.#restoring)
    this.#network.cut()
    if (ms !== undefined) this.#restoring = setTimeout(() => this.restore(), ms)
    this.#changed()
  }

  /** Lets the client connect again, at once. */
  restore(): void {
    clearTimeout(this.#restoring)
    this.#network.restore()
    this.reconnect()
    this.#changed()
  }

  /** Replaces the connection, or ends the wait for the next attempt. */
  reconnect(): void {
    this.#client.reconnect()
  }

  /** Takes the errors of the client that no handler receives. */
  onError(error: TidingsError, { channel, topic, event, data }: ErrorContext): void {
    if (channel === undefined || event === undefined) return
    const watch = this.#watches.get(topic ? `${channel}?${topic}` : channel)
    watch?.onMisfit(error, event, data ?? '')
  }

  #onSignal({ name, data }: Frame): void {
    if (name === '$open' && !this.#isOpened) this.#isOpened = true
    else if (name === '$open') this.#reconnects += 1
    if (name !== '$subscribed') return
    const { topic, cursor } = JSON.parse(data) as { topic: string; cursor?: string }
    this.#watches.get(topic)?.onSubscribed(cursor)
  }

  #onConnection(state: ConnectionState): void {
    if (state.status === 'waiting' || state.status === 'closed') {
      for (const watch of this.#watches.values()) watch.onLost(state.problem)
    }
    this.#changed()
  }

  #changed(): void {
    this.#view = undefined
    for (const listener of this.#listeners) listener()
  }
}
