import type { Client, ConnectionState, Failure } from '@tidings/client'
import { type ContractDefinition, TidingsError } from '@tidings/core'
import type { DescribedTopic } from '../live/described-client.js'
import type { Frame } from '../live/frame-tap.js'

/** What a {@link BenchConnection} reports. */
export interface BenchConnectionCallbacks {
  /** Called when a subscriber is live, with the time that took. */
  onReady(ms: number): void
  /** Called when a subscriber receives its first event or snapshot. */
  onFirst(ms: number): void
  /** Called once for each subscriber that the server refuses. */
  onFailed(problem: TidingsError): void
  onEvent(frame: Frame, topic: string, value: unknown): void
  onGap(): void
  onReconnect(): void
  /** Called when the connection was lost, or could not be opened. */
  onWaiting(problem: TidingsError): void
}

/** One connection of a bench, with some of its subscribers. */
export class BenchConnection {
  readonly #client: Client<ContractDefinition>
  readonly #callbacks: BenchConnectionCallbacks
  #frame: Frame = { name: '', data: '', id: '' }
  #wasOpen = false
  #isLost = false
  /** Why the connection could not be opened. */
  #problem: TidingsError | undefined

  constructor(client: Client<ContractDefinition>, callbacks: BenchConnectionCallbacks) {
    this.#client = client
    this.#callbacks = callbacks
    client.connection.on('change', (state) => this.#onChange(state))
  }

  /** Called before the client handles a frame. */
  onFrame(frame: Frame): void {
    this.#frame = frame
  }

  /** Subscribes to a topic. Resolves when it is live or refused, or that has taken too long. */
  async subscribe(topic: DescribedTopic, events: Iterable<string>, timeoutMs: number): Promise<void> {
    const startedAt = performance.now()
    const elapsed = () => performance.now() - startedAt
    let isFirst = true
    const receive = () => {
      if (isFirst) this.#callbacks.onFirst(elapsed())
      isFirst = false
    }
    const handlers: Record<string, unknown> = {
      snapshot: receive,
      gap: () => this.#callbacks.onGap(),
      error: (problem: TidingsError, { isFinal }: Failure) => isFinal && this.#callbacks.onFailed(problem),
    }
    for (const event of events) {
      handlers[event] = (value: unknown) => {
        receive()
        this.#callbacks.onEvent(this.#frame, topic.key, value)
      }
    }
    const { ready } = topic.subscribe(handlers)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#callbacks.onFailed(this.#problem ?? tookTooLong(timeoutMs))
        resolve()
      }, timeoutMs)
    })
    // A refusal has called the handler.
    const settled = ready.then(
      () => this.#callbacks.onReady(elapsed()),
      () => {},
    )
    await Promise.race([settled, late])
    clearTimeout(timer)
  }

  close(): void {
    this.#client.close()
  }

  #onChange(state: ConnectionState): void {
    if (state.status === 'waiting') {
      this.#isLost ||= this.#wasOpen
      this.#problem = state.problem
      this.#callbacks.onWaiting(state.problem)
    } else if (state.status === 'open') {
      if (this.#isLost) this.#callbacks.onReconnect()
      this.#isLost = false
      this.#wasOpen = true
    }
  }
}

function tookTooLong(ms: number): TidingsError {
  return new TidingsError({ code: 'timeout', message: `The topic was not live within ${ms} ms` })
}
