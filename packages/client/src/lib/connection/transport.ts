import type { TidingsError } from '@tidings/core'
import type { SignalName } from '@tidings/core/wire'
import type { ResolvedOptions } from '../options.js'
import type { ConnectionState } from './connection-state.js'
import { Control, type ControlDeps, type TransportTopic } from './control.js'
import { EventConnection, type EventConnectionCallbacks } from './event-connection.js'

/** What carries the topics of a client: a connection of its own, or one that it shares with other tabs. */
export interface Transport {
  readonly state: ConnectionState
  /** There are topics to carry. */
  open(): void
  /** What is wanted may have changed. */
  sync(): void
  /** Carries the topics over another connection, which is made now. */
  reconnect(): void
  /** There is nothing to carry for now, or never again. */
  close(how: 'rested' | 'closed'): void
}

/** Whoever has topics carried. */
export interface TransportCallbacks {
  readonly options: ResolvedOptions
  /** The topics that are to be carried, by key. */
  readonly topics: ReadonlyMap<string, TransportTopic>
  /** Something came: an event or signal, as it was. `id` is that of the last frame that had one. */
  onFrame(name: string, data: string, id: string): void
  /** Nothing is carried any more: everything is to be asked for again. */
  onLost(): void
  /** The server will not carry anything. */
  onRefused(problem: TidingsError): void
  onChanged(): void
}

/** A connection of one's own. */
export class DirectTransport implements Transport, ControlDeps, EventConnectionCallbacks {
  readonly #callbacks: TransportCallbacks
  readonly #events: EventConnection
  readonly #control: Control

  /** @param names of all the events that may come */
  constructor(owner: TransportCallbacks, names: readonly string[]) {
    const signals: SignalName[] = ['$subscribed', '$snapshot', '$gap', '$reauthorize']
    this.#callbacks = owner
    this.#events = new EventConnection(owner.options, [...signals, ...names], this)
    this.#control = new Control(this)
  }

  get options(): ResolvedOptions {
    return this.#callbacks.options
  }

  get topics(): ReadonlyMap<string, TransportTopic> {
    return this.#callbacks.topics
  }

  get state(): ConnectionState {
    return this.#events.state
  }

  open(): void {
    this.#events.open()
  }

  sync(): void {
    this.#control.sync()
    this.#settle()
  }

  reconnect(): void {
    this.#events.renew()
  }

  close(how: 'rested' | 'closed'): void {
    this.#control.lost()
    this.#events.close(how)
  }

  onOpened(id: string): void {
    this.#control.opened(id)
    this.#settle()
  }

  onFrame(name: string, data: string, id: string): void {
    if (name === '$reauthorize') {
      this.#control.reauthorize()
      return
    }
    this.#callbacks.onFrame(name, data, id)
    if (name.startsWith('$')) this.#settle()
  }

  onLost(): void {
    this.#control.lost()
    this.#callbacks.onLost()
  }

  onRefused(problem: TidingsError): void {
    this.#control.lost()
    this.#callbacks.onRefused(problem)
  }

  onChanged(): void {
    this.#callbacks.onChanged()
  }

  onAnswered(): void {
    this.#settle()
  }

  abandon(problem: TidingsError): void {
    this.#events.reconnect(problem)
  }

  refuse(problem: TidingsError): void {
    this.#events.refuse(problem)
  }

  /** When nothing is missing any more, the connection does what it is for. */
  #settle(): void {
    if (this.#events.state.status !== 'connecting' || !this.#control.isOpen) return
    for (const topic of this.#callbacks.topics.values()) if (!topic.isSettled) return
    this.#events.settled()
  }
}
