import { isTidingsError, TidingsError } from '@tidings/core'
import { type DecodedSignals, decodeSignal, fromProblem, maxTimerMs } from '@tidings/core/wire'
import type { ResolvedOptions } from '../options/resolved-options.js'
import { report, threw } from '../reporting.js'
import { elapsedMs } from './clock.js'
import { type ConnectionEvent, type ConnectionState, transition } from './connection-state.js'
import type { StreamEvent } from './event-parser.js'
import { isMistake } from './failures.js'
import { type WakeReason, watchPage } from './page-lifecycle.js'
import { RetryPolicy } from './retry-policy.js'

/** The shortest time, in milliseconds, between two connections that are requested with `renew()`. */
const minRenewalMs = 1_000

export interface EventConnectionCallbacks {
  /** Called when a connection is open, which carries no topics yet. */
  onOpened(id: string): void
  /** Called with each event and signal. */
  onMessage(name: string, data: string, id: string): void
  /** Called when the connection ended and another attempt follows. */
  onLost(): void
  /** Called when the server refused the connection, so that no attempt follows. */
  onRefused(problem: TidingsError): void
  onChanged(): void
}

/**
 * The event stream of a client, which outlives its connections: each one that is lost is replaced. See decision
 * 004.
 */
export class EventConnection {
  readonly options: ResolvedOptions
  readonly #eventNames: readonly string[]
  readonly #callbacks: EventConnectionCallbacks
  readonly #retry: RetryPolicy
  #state: ConnectionState = { status: 'idle' }
  /** Closes the stream of the current connection. */
  #closeStream: (() => void) | undefined
  /** The timer of the next attempt or, while connected, of the server's silence. */
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopWatching: (() => void) | undefined
  /** Runs for a while after a requested connection. */
  #renewal: ReturnType<typeof setTimeout> | undefined
  #mustRenew = false
  #openedAt = Number.POSITIVE_INFINITY
  #receivedAt = 0
  /** Milliseconds the server may be silent before the connection counts as lost. */
  #silenceMs = 0

  /** @param eventNames all events that may arrive, since an EventSource dispatches by name */
  constructor(options: ResolvedOptions, eventNames: readonly string[], callbacks: EventConnectionCallbacks) {
    this.options = options
    this.#eventNames = eventNames
    this.#callbacks = callbacks
    this.#retry = new RetryPolicy(options)
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Opens the connection, unless it is open. */
  open(): void {
    const { status } = this.#state
    if (status !== 'idle' && status !== 'closed') return
    this.#retry.onRequested()
    this.#stopWatching ??= watchPage(
      (wake) => this.#onWake(wake),
      () => this.#onLeave(),
    )
    this.#connect()
  }

  /** Marks the connection as open: it carries every requested topic. */
  settle(): void {
    this.#change({ type: 'opened' })
  }

  /** Replaces the current connection after a delay. */
  reconnect(problem: TidingsError): void {
    const openForMs = elapsedMs() - this.#openedAt
    this.#disconnect()
    const delay = this.#retry.onLost(problem, openForMs)
    if (delay === undefined) {
      this.refuse(problem)
      return
    }
    if (isMistake(problem)) report(this, problem)
    this.#timer = setTimeout(() => this.#connect(), delay)
    this.#change({
      type: 'lost',
      attempt: this.#retry.failures,
      problem,
      retryAt: Date.now() + delay,
    })
    this.#callbacks.onLost()
  }

  /** Makes another connection with new headers: at once, or a second after the last one was requested. */
  renew(): void {
    const { status } = this.#state
    if (status === 'idle' || status === 'closed') return
    this.#mustRenew = this.#renewal !== undefined
    if (this.#mustRenew) return
    this.#renewal = setTimeout(() => {
      this.#renewal = undefined
      if (this.#mustRenew) this.renew()
    }, minRenewalMs)
    this.#retry.failures = 0
    this.#retry.onRequested()
    if (status === 'waiting') this.#connect()
    else this.#replace('a reconnect was requested')
  }

  /** Ends the connection, which the server refused. */
  refuse(problem: TidingsError): void {
    this.#end({ type: 'refused', problem })
    this.#callbacks.onRefused(problem)
  }

  /** Ends the connection, until it is opened again or for good. */
  close(how: 'idle' | 'closed'): void {
    this.#retry.failures = 0
    this.#end({ type: how })
  }

  #connect(): void {
    this.#disconnect()
    this.#change({ type: 'connect', attempt: this.#retry.failures + 1 })
    // An observer of the state may have closed the client.
    if (this.#state.status !== 'connecting') return
    this.#silenceMs = this.options.timeoutMs
    this.#receivedAt = elapsedMs()
    this.#watchSilence()
    this.#openStream()
  }

  #openStream(): void {
    // A stream that was closed may still call back.
    let isOpen = true
    let close: (() => void) | undefined
    this.#closeStream = () => {
      isOpen = false
      close?.()
    }
    try {
      close = this.options.openStream(this.options, this.#eventNames, {
        onEvents: (events) => {
          if (isOpen) this.#receivedAt = elapsedMs()
          for (const event of events) if (isOpen) this.#onEvent(event)
        },
        onLost: (problem) => {
          if (isOpen) this.reconnect(problem ?? this.#broken('was lost'))
        },
      })
    } catch (error) {
      this.reconnect(threw('The EventSource', error))
    }
  }

  #onEvent({ name, data, id }: StreamEvent): void {
    try {
      if (name === '$open') this.#onOpened(decodeSignal(name, data))
      else if (name === '$error') this.#onError(data)
      else if (name !== '$heartbeat') {
        // A snapshot does not prove that the server works: it may fail after each, and they cost it most.
        if (!name.startsWith('$')) this.#retry.failures = 0
        this.#callbacks.onMessage(name, data, id)
      }
    } catch (error) {
      const what = `Handling ${name} of ${this.options.url}`
      this.reconnect(isTidingsError(error) ? error : threw(what, error))
    }
  }

  /** Passes on the error of a topic. Any other ends the connection. */
  #onError(data: string): void {
    const signal = decodeSignal('$error', data)
    if (signal.topic !== undefined) this.#callbacks.onMessage('$error', data, '')
    else this.reconnect(fromProblem(signal) ?? this.#broken('ended with an error'))
  }

  #onOpened({ id, heartbeatMs = 0, retryMs, contract }: DecodedSignals['$open']): void {
    this.#openedAt = elapsedMs()
    this.#retry.onOpened(retryMs)
    // One heartbeat may be late, but not two.
    this.#silenceMs = Math.min(2 * heartbeatMs, maxTimerMs)
    this.#watchSilence()
    this.options.drift?.onOpened(contract, this)
    this.#callbacks.onOpened(id)
  }

  /** Reconnects at once if that may succeed now, or if the connection may have died unnoticed. */
  #onWake(wake: WakeReason): void {
    if (wake === 'back') this.#retry.failures = 0
    const isStale = wake === 'back' || elapsedMs() - this.#receivedAt > this.#silenceMs / 2
    const { status } = this.#state
    if (status === 'waiting') this.#connect()
    else if (isStale) this.#replace('the page was suspended')
  }

  #replace(why: string): void {
    this.#lose(`was replaced: ${why}`)
    // An observer of the state may have closed the client.
    if (this.#state.status === 'waiting') this.#connect()
  }

  /**
   * Closes the connection until the page wakes: it is frozen, or goes to the back-forward cache. Chromium 156
   * drops a page from that cache if its request has been open for a minute.
   */
  #onLeave(): void {
    // The page is watched until the connection ends.
    if (this.#state.status === 'waiting') return
    this.#disconnect()
    this.#lose('was closed: the page was left')
  }

  #lose(how: string): void {
    this.#callbacks.onLost()
    const problem = this.#broken(how)
    this.#change({ type: 'lost', attempt: this.#retry.failures + 1, problem, retryAt: Date.now() })
  }

  /**
   * Replaces a connection that is silent for too long. Events only set `#receivedAt`, so that they set no
   * timers.
   */
  #watchSilence(): void {
    clearTimeout(this.#timer)
    if (this.#silenceMs <= 0) return
    const left = this.#receivedAt + this.#silenceMs - elapsedMs()
    if (left > 0) this.#timer = setTimeout(() => this.#watchSilence(), left)
    else this.reconnect(this.#broken(`was silent for ${this.#silenceMs} ms`))
  }

  #disconnect(): void {
    clearTimeout(this.#timer)
    this.#openedAt = Number.POSITIVE_INFINITY
    this.#closeStream?.()
    this.#closeStream = undefined
  }

  #end(event: ConnectionEvent): void {
    this.#disconnect()
    clearTimeout(this.#renewal)
    this.#renewal = undefined
    this.#mustRenew = false
    this.#stopWatching?.()
    this.#stopWatching = undefined
    this.#change(event)
  }

  #broken(how: string): TidingsError {
    return new TidingsError({ code: 'network', message: `The connection to ${this.options.url} ${how}` })
  }

  #change(event: ConnectionEvent): void {
    const next = transition(this.#state, event)
    if (next === this.#state) return
    this.#state = next
    this.#callbacks.onChanged()
  }
}
