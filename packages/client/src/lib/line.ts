import type { TidingsError } from '@tidings/core'
import { signal as signals } from '@tidings/core/wire'
import type { ConnectionState } from './connection-state.js'
import { type CarriedTopic, Control, type ControlOwner } from './control.js'
import { EventConnection, type EventConnectionListener } from './event-connection.js'
import type { ResolvedOptions } from './options.js'

/** What carries the topics of a client: a connection of its own, or one that it shares with other tabs. */
export interface Line {
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
export interface LineOwner {
  readonly options: ResolvedOptions
  /** The topics that are to be carried, by key. */
  readonly topics: ReadonlyMap<string, CarriedTopic>
  /** Something came: an event or signal, as it was. `id` is that of the last frame that had one. */
  received(name: string, data: string, id: string): void
  /** Nothing is carried any more: everything is to be asked for again. */
  lost(): void
  /** The server will not carry anything. */
  refused(problem: TidingsError): void
  changed(): void
}

/** A connection of one's own. */
export class OwnLine implements Line, ControlOwner, EventConnectionListener {
  readonly #owner: LineOwner
  readonly #events: EventConnection
  readonly #control: Control

  /** @param names of all the events that may come */
  constructor(owner: LineOwner, names: readonly string[]) {
    const { gap, reauthorize, snapshot, subscribed } = signals
    this.#owner = owner
    this.#events = new EventConnection(
      owner.options,
      [subscribed, snapshot, gap, reauthorize, ...names],
      this,
    )
    this.#control = new Control(this)
  }

  get options(): ResolvedOptions {
    return this.#owner.options
  }

  get topics(): ReadonlyMap<string, CarriedTopic> {
    return this.#owner.topics
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

  opened(id: string): void {
    this.#control.opened(id)
    this.#settle()
  }

  received(name: string, data: string, id: string): void {
    if (name === signals.reauthorize) {
      this.#control.prove()
      return
    }
    this.#owner.received(name, data, id)
    if (name.startsWith('$')) this.#settle()
  }

  lost(): void {
    this.#control.lost()
    this.#owner.lost()
  }

  refused(problem: TidingsError): void {
    this.#control.lost()
    this.#owner.refused(problem)
  }

  changed(): void {
    this.#owner.changed()
  }

  answered(): void {
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
    for (const topic of this.#owner.topics.values()) if (!topic.isSettled) return
    this.#events.settled()
  }
}
