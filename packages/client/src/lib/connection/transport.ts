import type { TidingsError } from '@tidings/core'
import { decodeSignal } from '@tidings/core/wire'
import type { ResolvedOptions } from '../options/resolved-options.js'
import type { ConnectionState } from './connection-state.js'
import { Control, type ControlCallbacks, type ReleaseReason, type TransportTopic } from './control.js'
import { EventConnection, type EventConnectionCallbacks } from './event-connection.js'

/** The connection that carries a client's topics: its own, or one that it shares with other tabs. */
export interface Transport {
  readonly state: ConnectionState
  /** Identifies the open connection to the start of a run. Absent if another tab has it. */
  readonly id: string | undefined
  /** Opens the connection, unless it is open. */
  open(): void
  /** Requests the topics that were added, and releases those that were removed. */
  sync(): void
  /** Called before the `sync()` after a topic was removed. */
  onReleased(key: string, reason: ReleaseReason): void
  /** Replaces the connection by another one now. */
  reconnect(): void
  /** Closes the connection, until it is opened again or for good. */
  close(how: 'idle' | 'closed'): void
}

export interface TransportCallbacks {
  readonly options: ResolvedOptions
  /** The topics that the connection should carry, by key. */
  readonly topics: ReadonlyMap<string, TransportTopic>
  /** Called with each event and signal. */
  onFrame(name: string, data: string, id: string): void
  /** Called when the connection was lost, so that every topic has to be requested again. */
  onLost(): void
  /** Called when the server refused the connection. */
  onRefused(problem: TidingsError): void
  onChanged(): void
}

/** A connection of the client's own. */
export class DirectTransport implements Transport, ControlCallbacks, EventConnectionCallbacks {
  readonly #callbacks: TransportCallbacks
  readonly #connection: EventConnection
  /** Set while the connection is open. */
  #control: Control | undefined

  constructor(callbacks: TransportCallbacks, eventNames: readonly string[]) {
    this.#callbacks = callbacks
    this.#connection = new EventConnection(callbacks.options, eventNames, this)
  }

  get state(): ConnectionState {
    return this.#connection.state
  }

  get id(): string | undefined {
    return this.#control?.id
  }

  open(): void {
    this.#connection.open()
  }

  sync(): void {
    this.#control?.sync()
    this.#settle()
  }

  onReleased(key: string, reason: ReleaseReason): void {
    this.#control?.onReleased(key, reason)
  }

  reconnect(): void {
    this.#connection.renew()
  }

  close(how: 'idle' | 'closed'): void {
    this.#endControl()
    this.#connection.close(how)
  }

  onOpened(id: string): void {
    this.#control = new Control(id, this.#callbacks, this)
    this.#settle()
  }

  onMessage(name: string, data: string, id: string): void {
    if (name === '$reauthorize') {
      this.#control?.reauthorize()
      return
    }
    this.#callbacks.onFrame(name, data, id)
    if (!name.startsWith('$')) return
    if (name === '$subscribed') this.#onSubscribed(data)
    this.#settle()
  }

  onLost(): void {
    this.#endControl()
    this.#callbacks.onLost()
  }

  onRefused(problem: TidingsError): void {
    this.#endControl()
    this.#callbacks.onRefused(problem)
  }

  onChanged(): void {
    this.#callbacks.onChanged()
  }

  onResponse(): void {
    this.#settle()
  }

  onUncontrollable(problem: TidingsError): void {
    this.#connection.reconnect(problem)
  }

  onControlRefused(problem: TidingsError): void {
    this.#connection.refuse(problem)
  }

  #endControl(): void {
    this.#control?.close()
    this.#control = undefined
  }

  /** The start of a run subscribes without a control request. */
  #onSubscribed(data: string): void {
    const { topic, request } = decodeSignal('$subscribed', data)
    if (request === undefined) this.#control?.onSubscribed(topic)
  }

  /** Marks the connection as open when no topic's request is left to wait for. */
  #settle(): void {
    if (this.#connection.state.status !== 'connecting' || this.id === undefined) return
    for (const topic of this.#callbacks.topics.values()) if (!topic.isSettled) return
    this.#connection.settle()
  }
}
