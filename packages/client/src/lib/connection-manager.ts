import { TidingsError } from '@tidings/core'
import type { CompiledChannel } from '@tidings/core/wire'
import { type ConnectionState, overall } from './connection-state.js'
import { unsubscriber } from './disposable.js'
import type { ErrorPlace, ResolvedOptions } from './options.js'
import type { Subscriber } from './subscriber.js'
import type { Wires } from './topic.js'
import { TopicWire } from './topic-wire.js'
import type { Connection } from './types/client.js'

/** Holds what a client has open: a wire for each topic somebody subscribes to, and the state they are in together. */
export class ConnectionManager implements Wires {
  readonly options: ResolvedOptions
  readonly connection: Connection
  readonly #wires = new Map<string, TopicWire>()
  readonly #observers = new Set<(state: ConnectionState) => void>()
  readonly #closing = new AbortController()
  #state: ConnectionState = { status: 'idle' }

  constructor(options: ResolvedOptions) {
    this.options = options
    const manager = this
    this.connection = {
      get state() {
        return manager.#state
      },
      on(_event, handler, { signal } = {}) {
        if (!signal?.aborted) manager.#observers.add(handler)
        return unsubscriber(() => manager.#observers.delete(handler), signal)
      },
    }
  }

  /** Fires when the client is closed, with a `TidingsError` as its reason. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  attach(channel: CompiledChannel, key: string, query: string, subscriber: Subscriber): void {
    this.closing.throwIfAborted()
    let wire = this.#wires.get(key)
    if (!wire) {
      wire = new TopicWire(this, channel, query)
      this.#wires.set(key, wire)
    }
    wire.add(subscriber)
    this.stateChanged()
  }

  detach(key: string, subscriber: Subscriber): void {
    this.#wires.get(key)?.remove(subscriber)
  }

  rejoin(key: string, subscriber: Subscriber): void {
    this.#wires.get(key)?.rejoin(subscriber)
  }

  stateChanged(): void {
    const states = [...this.#wires.values()].map((wire) => wire.state)
    if (!this.closing.aborted) this.#observe(overall(states))
  }

  released(wire: TopicWire): void {
    for (const [key, known] of this.#wires) {
      if (known === wire) this.#wires.delete(key)
    }
    this.stateChanged()
  }

  report(error: TidingsError, at: ErrorPlace): void {
    runGuarded(() => this.options.onError?.(error, at))
  }

  close(): void {
    if (this.closing.aborted) return
    this.#closing.abort(new TidingsError({ code: 'closed', message: 'The client was closed' }))
    for (const wire of [...this.#wires.values()]) wire.close()
    this.#observe({ status: 'closed' })
    this.#observers.clear()
  }

  #observe(state: ConnectionState): void {
    if (state === this.#state || (state.status === 'idle' && this.#state.status === 'idle')) return
    this.#state = state
    for (const observer of [...this.#observers]) runGuarded(() => observer(state))
  }
}

/** Runs a callback of the user's. What it throws must not stop what called it: it is for the runtime to report. */
function runGuarded(callback: () => void): void {
  try {
    callback()
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}
