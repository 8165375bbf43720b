import type { Failure, Gap } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import type { DescribedTopic } from './described-client.js'
import type { Frame } from './frame-tap.js'
import { misfitOf, type TopicRecord } from './topic-record.js'

export interface TopicFeedCallbacks {
  onRecord(record: TopicRecord): void
  /** Called when the server refuses the topic, for good or for now. */
  onRefused(problem: TidingsError, failure: Failure): void
}

/** A subscription to a topic, as records. */
export class TopicFeed {
  readonly #topic: DescribedTopic
  readonly #events: ReadonlySet<string>
  readonly #callbacks: TopicFeedCallbacks
  #frame: Frame | undefined
  #stop = () => {}

  /** @param events the names that the channel declares */
  constructor(topic: DescribedTopic, events: readonly string[], callbacks: TopicFeedCallbacks) {
    this.#topic = topic
    this.#events = new Set(events)
    this.#callbacks = callbacks
  }

  /** Subscribes from now on, or after a position. The promise resolves when the topic is live. */
  start(since?: string): Promise<void> {
    const onSnapshot = (data: unknown) => this.#record({ type: 'snapshot', at: now(), data })
    const handlers: Record<string, unknown> = {
      gap: ({ reason, cursor }: Gap) => this.#record({ type: 'gap', at: now(), reason, cursor }),
      error: (problem: TidingsError, failure: Failure) => this.#callbacks.onRefused(problem, failure),
    }
    for (const event of this.#events) {
      handlers[event] = (data: unknown) => {
        this.#record({ type: 'event', at: now(), event, ...(data !== undefined && { data }) })
      }
    }
    if (since === undefined) {
      const subscription = this.#topic.subscribe({ ...handlers, snapshot: onSnapshot })
      this.#stop = subscription
      return subscription.ready
    }
    // Only a state begins at a position, and only a subscription receives events after a snapshot that does not fit. Both
    // share the topic, which is requested when this turn of the event loop is over.
    let isSeeded = false
    const state = this.#topic.state(
      (_, { type, data }) => {
        if (type === 'snapshot' && isSeeded) onSnapshot(data)
        isSeeded = true
        return null
      },
      { initial: null, seed: { value: null, cursor: since } },
    )
    state.on('error', () => {})
    const subscription = this.#topic.subscribe(handlers)
    this.#stop = () => {
      subscription()
      state.close()
    }
    return subscription.ready
  }

  stop(): void {
    this.#stop()
  }

  /** Called before the client handles a frame of the topic. */
  onFrame(frame: Frame): void {
    this.#frame = frame
    const { name, data } = frame
    if (name.startsWith('$') || this.#events.has(name)) return
    // The client ignores these: a newer server may have further events.
    this.onMisfit(name, data, { issues: undefined, message: 'The contract does not declare this event' })
  }

  /** Called when the client reports a payload that does not fit its schema. */
  onMisfit(event: string, data: string, error: Pick<TidingsError, 'issues' | 'message'>): void {
    this.#record(misfitOf(event, data, error))
  }

  /** Reports a record, with the position of the frame that the client handles. */
  #record(record: TopicRecord): void {
    const cursor = record.cursor ?? this.#frame?.id
    this.#callbacks.onRecord({ ...record, ...(cursor && { cursor }) })
  }
}

function now(): string {
  return new Date().toISOString()
}
