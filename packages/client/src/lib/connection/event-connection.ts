import { isTidingsError, TidingsError } from '@tidings/core'
import { backoffMs, type DecodedSignals, decodeSignal, fromProblem, maxTimerMs } from '@tidings/core/wire'
import type { EventSourceLike, ResolvedOptions } from '../options.js'
import { report, threw } from '../reporting.js'
import { elapsedMs } from './clock.js'
import { type ConnectionEvent, type ConnectionState, transition } from './connection-state.js'
import { isFatal, isMistake } from './failures.js'
import { type WakeReason, watchPage } from './page-lifecycle.js'

/** A connection that stayed open for so long was a good one, even if nothing came. */
const provenMs = 5_000

/** How long after one connection that was asked for another is made at the soonest. */
const minRenewalMs = 1_000

/** What a connection tells. */
export interface EventConnectionCallbacks {
  /** It is there, and waits to be told what to carry. */
  onOpened(id: string): void
  /** Something came: an event or signal, as it was. `id` is that of the last frame that had one. */
  onFrame(name: string, data: string, id: string): void
  /** It ended. Another attempt will be made. */
  onLost(): void
  /** The server will not have it: there are no more attempts. */
  onRefused(problem: TidingsError): void
  onChanged(): void
}

/**
 * The one event stream of a client, which outlives its connections: each time one is lost, another is made.
 *
 * Reconnecting is done here and not by the EventSource, which stops for good at the first answer that is not 200, would not
 * ask for new headers, and does not notice a connection that has gone silent.
 */
export class EventConnection {
  readonly #options: ResolvedOptions
  readonly #names: readonly string[]
  readonly #callbacks: EventConnectionCallbacks
  #state: ConnectionState = { status: 'idle' }
  #source: EventSourceLike | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopWatching: (() => void) | undefined
  /** Connections in a row that failed, or ended before they had proved good. */
  #failures = 0
  /** Whether the server was just told who we are and would not have it. Asked for new headers, we may be somebody. */
  #wasDenied = false
  /** There for a while after another connection was asked for. */
  #renewal: ReturnType<typeof setTimeout> | undefined
  #mustRenew = false
  #openedAt = Number.POSITIVE_INFINITY
  #heardAt = 0
  /** How long the server may be silent before the connection counts as lost. */
  #silenceMs = 0
  /** After how long the server wants us back. */
  #retryMs: number | undefined
  /** Why the current connection was refused or lost, where it could be found out. */
  #problem: TidingsError | undefined

  /** @param names of all the events that may come, for an EventSource hands over no others */
  constructor(options: ResolvedOptions, names: readonly string[], listener: EventConnectionCallbacks) {
    this.#options = options
    this.#names = names
    this.#callbacks = listener
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Opens it, if it is not open already. */
  open(): void {
    const { status } = this.#state
    if (status !== 'idle' && status !== 'closed') return
    this.#wasDenied = false
    this.#stopWatching ??= watchPage(
      (wake) => this.#onWake(wake),
      () => this.#onLeave(),
    )
    this.#connect()
  }

  /** It carries what it was told to. */
  settled(): void {
    this.#change({ type: 'opened' })
  }

  /** Gives the current connection up for another. */
  reconnect(problem: TidingsError): void {
    this.#problem = problem
    this.#onLost()
  }

  /** Makes another connection now, with new headers: one a second at the most, so that the last request counts. */
  renew(): void {
    const { status } = this.#state
    if (status === 'idle' || status === 'closed') return
    this.#mustRenew = this.#renewal !== undefined
    if (this.#mustRenew) return
    this.#renewal = setTimeout(() => {
      this.#renewal = undefined
      if (this.#mustRenew) this.renew()
    }, minRenewalMs)
    this.#failures = 0
    this.#wasDenied = false
    if (status === 'waiting') this.#connect()
    else this.#replace('a reconnect was requested')
  }

  /** Gives up. */
  refuse(problem: TidingsError): void {
    this.#disconnect()
    this.#unwatch()
    this.#change({ type: 'refused', problem })
    this.#callbacks.onRefused(problem)
  }

  /** Ends it, until it is opened again, or for good. */
  close(how: 'rested' | 'closed'): void {
    this.#disconnect()
    this.#unwatch()
    this.#failures = 0
    this.#change({ type: how })
  }

  #connect(): void {
    this.#disconnect()
    this.#problem = undefined
    this.#change({ type: 'connect', attempt: this.#failures + 1 })
    // Whoever was told may have closed it.
    if (this.#state.status !== 'connecting') return
    this.#silenceMs = this.#options.timeoutMs
    this.#heard()
    this.#watch()
    try {
      this.#begin()
    } catch (error) {
      this.reconnect(threw('The EventSource', error))
    }
  }

  #begin(): void {
    const source = this.#options.openEventSource(this.#options, (problem) => {
      if (this.#source === source) this.#problem = problem
    })
    this.#source = source
    const on = (name: string, handle: (event: MessageEvent<string>) => void) =>
      source.addEventListener(name, (event) => {
        // What a closed EventSource had in its buffers is no longer ours.
        if (this.#source !== source) return
        this.#heard()
        try {
          handle(event)
        } catch (error) {
          const what = `Handling ${name} of ${this.#options.url}`
          this.reconnect(isTidingsError(error) ? error : threw(what, error))
        }
      })
    on('error', () => this.#onLost())
    on('$open', ({ data }) => this.#opened(decodeSignal('$open', data)))
    on('$error', (event) => {
      const signal = decodeSignal('$error', event.data)
      if (signal.topic === undefined)
        this.reconnect(fromProblem(signal) ?? this.#broken('ended with an error'))
      else this.#onFrame('$error', event)
    })
    on('$heartbeat', () => {})
    for (const name of this.#names) on(name, (event) => this.#onFrame(name, event))
  }

  #opened({ id, heartbeatMs = 0, retryMs }: DecodedSignals['$open']): void {
    this.#openedAt = elapsedMs()
    this.#wasDenied = false
    this.#retryMs = retryMs
    // One heartbeat may be late; two are not.
    this.#silenceMs = Math.min(2 * heartbeatMs, maxTimerMs)
    this.#watch()
    this.#callbacks.onOpened(id)
  }

  #onFrame(name: string, event: MessageEvent<string>): void {
    // A snapshot alone proves nothing: a server may fail right after each, and they are what costs it most.
    if (!name.startsWith('$')) this.#failures = 0
    this.#callbacks.onFrame(name, event.data, event.lastEventId)
  }

  #onLost(): void {
    const wasOpenFor = elapsedMs() - this.#openedAt
    this.#disconnect()
    // Its time had come while it was open; what we are now is asked with the next.
    const hasExpired = wasOpenFor >= 0
    if (wasOpenFor >= provenMs) this.#failures = 0
    this.#failures += 1
    const problem = this.#problem ?? this.#broken('was lost')
    if (!(hasExpired && problem.status === 401) && !this.#isWorthAnother(problem)) {
      this.refuse(problem)
      return
    }
    if (isMistake(problem)) report({ options: this.#options }, problem)
    const { reconnect } = this.#options
    // Its owner has signed in or out, say. If another is gone as soon, that is not the reason.
    const isAtOnce = problem.code === 'gone' && this.#failures === 1
    const waitMs = backoffMs(reconnect, this.#failures - 1, problem.retryAfterMs ?? this.#retryMs)
    const delay = isAtOnce ? 0 : waitMs
    this.#timer = setTimeout(() => this.#connect(), delay)
    this.#change({ type: 'lost', attempt: this.#failures, problem, retryAt: Date.now() + delay })
    this.#callbacks.onLost()
  }

  #isWorthAnother(problem: TidingsError): boolean {
    if (problem.code === 'gone') return true
    if (problem.status !== 401) return !isFatal(problem)
    const wasDenied = this.#wasDenied
    this.#wasDenied = true
    return !wasDenied && this.#options.canRenewHeaders
  }

  /** Comes back at once when there is a reason to believe that it works now, or that the connection has died unseen. */
  #onWake(wake: WakeReason): void {
    // What failed before says nothing about now.
    if (wake === 'back') this.#failures = 0
    const isStale = wake === 'back' || elapsedMs() - this.#heardAt > this.#silenceMs / 2
    const { status } = this.#state
    if (status === 'waiting') this.#connect()
    else if ((status === 'connecting' || status === 'open') && isStale) {
      this.#replace('the page was suspended')
    }
  }

  #replace(why: string): void {
    const problem = this.#broken(`was replaced: ${why}`)
    this.#callbacks.onLost()
    this.#change({ type: 'lost', attempt: this.#failures + 1, problem, retryAt: Date.now() })
    // A handler of that may have closed it.
    if (this.#state.status === 'waiting') this.#connect()
  }

  /**
   * The page is frozen, or goes to the back-forward cache: the connection closes until the page wakes. Chromium 156 drops a
   * page from that cache whose request has been open for a minute.
   */
  #onLeave(): void {
    const { status } = this.#state
    if (status !== 'connecting' && status !== 'open') return
    this.#disconnect()
    this.#callbacks.onLost()
    const problem = this.#broken('was closed: the page was left')
    this.#change({ type: 'lost', attempt: this.#failures + 1, problem, retryAt: Date.now() })
  }

  #heard(): void {
    this.#heardAt = elapsedMs()
  }

  /** Looks, no more often than it has to, whether the server has been silent for too long. */
  #watch(): void {
    clearTimeout(this.#timer)
    if (this.#silenceMs <= 0) return
    const left = this.#heardAt + this.#silenceMs - elapsedMs()
    if (left > 0) this.#timer = setTimeout(() => this.#watch(), left)
    else this.reconnect(this.#broken(`was silent for ${this.#silenceMs} ms`))
  }

  #disconnect(): void {
    clearTimeout(this.#timer)
    this.#openedAt = Number.POSITIVE_INFINITY
    const source = this.#source
    this.#source = undefined
    source?.close()
    // Closed while it tells of an error, the eventsource package sets its own timer to reconnect after that.
    queueMicrotask(() => source?.close())
  }

  #unwatch(): void {
    clearTimeout(this.#renewal)
    this.#renewal = undefined
    this.#mustRenew = false
    this.#stopWatching?.()
    this.#stopWatching = undefined
  }

  #broken(how: string): TidingsError {
    return new TidingsError({ code: 'network', message: `The connection to ${this.#options.url} ${how}` })
  }

  #change(event: ConnectionEvent): void {
    const next = transition(this.#state, event)
    if (next === this.#state) return
    this.#state = next
    this.#callbacks.onChanged()
  }
}
