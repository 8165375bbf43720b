import { type BackoffBounds, backoffMs } from '@tidings/core/wire'
import { pause } from '../pause.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import type { TopicRef } from './topic-ref.js'

/** The delay before a source that failed is started again. */
const restart: BackoffBounds = { minMs: 1_000, maxMs: 30_000 }

export interface SourceDeps {
  /** Milliseconds a source keeps running after the topic's last subscriber has left. */
  readonly lingerMs: number
  /**
   * Runs a body while no other node runs one for the same topic. Resolves when another node may run it, after
   * the signal has fired.
   */
  runOnOneNode(
    topicKey: string,
    signal: AbortSignal,
    body: (signal: AbortSignal) => Promise<void>,
  ): Promise<void>
}

export interface SourceCallbacks {
  /** Called when a source has thrown. It is started again. */
  onSourceFailed(error: unknown, topicKey: string): void
}

/** Runs the source of a topic until the signal fires. */
type RunSource = (topic: TopicRef, signal: AbortSignal) => Promise<void>

/**
 * Runs the source of one topic while the topic has subscribers, and a while longer in case a subscriber
 * returns.
 *
 * A source that throws is started again, after a backoff. A source that returns is started again once the
 * topic has been without subscribers.
 */
export class SourceRun {
  readonly #topic: TopicRef
  readonly #runSource: RunSource
  readonly #deps: SourceDeps
  readonly #callbacks: SourceCallbacks
  #running: AbortController | undefined
  /** Resolves when another node may run the source. */
  #over: Promise<void> = Promise.resolve()
  #linger: Timer | undefined

  constructor(topic: TopicRef, runSource: RunSource, deps: SourceDeps, callbacks: SourceCallbacks) {
    this.#topic = topic
    this.#runSource = runSource
    this.#deps = deps
    this.#callbacks = callbacks
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Starts the source, or keeps it running: the topic has a subscriber. */
  start(): void {
    clearTimeout(this.#linger)
    if (this.#running) return
    this.#running = new AbortController()
    const { key } = this.#topic
    this.#over = this.#deps.runOnOneNode(key, this.#running.signal, (signal) => this.#run(signal))
  }

  /**
   * Calls `stop` after `lingerMs`, unless the source is started before: the topic's last subscriber has left.
   */
  stopSoon(stop: () => void): void {
    clearTimeout(this.#linger)
    this.#linger = setBackgroundTimeout(stop, this.#deps.lingerMs)
  }

  /** Stops the source. Resolves when another node may run it. */
  stop(): Promise<void> {
    clearTimeout(this.#linger)
    this.#running?.abort()
    this.#running = undefined
    return this.#over
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const startedAt = performance.now()
      try {
        await this.#runSource(this.#topic, signal)
        return
      } catch (error) {
        // Most sources that are stopped throw the reason of the signal.
        if (signal.aborted) return
        this.#callbacks.onSourceFailed(error, this.#topic.key)
      }
      // A source that ran for long fails for a new reason.
      if (performance.now() - startedAt > restart.maxMs) failures = 0
      await pause(backoffMs(restart, failures, restart.minMs / 2), signal)
      failures += 1
    }
  }
}
