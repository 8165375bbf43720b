import { type BackoffBounds, backoffMs } from '@tidings/core/wire'
import { pause } from '../pause.js'

/** Between which bounds a source that fails is started again. */
const restart: BackoffBounds = { minMs: 1_000, maxMs: 30_000 }

/** What a source's run needs of its server. */
export interface SourceDeps {
  /** For how long a source goes on when the last subscriber has left. */
  readonly lingerMs: number
  /**
   * Does something while no other node does it for the same topic, where there are any. Resolves when another may, after
   * the signal has fired.
   */
  runOnOneNode(
    topicKey: string,
    signal: AbortSignal,
    body: (signal: AbortSignal) => Promise<void>,
  ): Promise<void>
  /** A source failed; it is started again. */
  onSourceFailed(error: unknown, topicKey: string): void
}

/**
 * Runs the source of one topic while the topic has subscribers, and a while longer, so that one who comes back, or the
 * next, finds it running.
 *
 * A source that throws is started again, after a backoff. One that returns has nothing more to say until the topic has
 * been without subscribers.
 */
export class SourceRun {
  readonly #topicKey: string
  readonly #deps: SourceDeps
  readonly #feed: (signal: AbortSignal) => Promise<void>
  #running: AbortController | undefined
  /** Resolves when the topic is nobody's here any more. */
  #over: Promise<void> = Promise.resolve()
  #linger: NodeJS.Timeout | undefined

  constructor(topicKey: string, home: SourceDeps, feed: (signal: AbortSignal) => Promise<void>) {
    this.#topicKey = topicKey
    this.#deps = home
    this.#feed = feed
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The topic has a subscriber. */
  start(): void {
    clearTimeout(this.#linger)
    if (this.#running) return
    this.#running = new AbortController()
    this.#over = this.#deps.runOnOneNode(this.#topicKey, this.#running.signal, (signal) => this.#run(signal))
  }

  /** The topic's last subscriber has left: calls back when none has come within `lingerMs`. */
  stopSoon(stop: () => void): void {
    clearTimeout(this.#linger)
    this.#linger = setTimeout(stop, this.#deps.lingerMs).unref()
  }

  /** Resolves when another node may run it. */
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
        await this.#feed(signal)
        return
      } catch (error) {
        // What it throws when it is stopped is mostly that it was stopped.
        if (signal.aborted) return
        this.#deps.onSourceFailed(error, this.#topicKey)
      }
      // One that ran well for long fails for a new reason.
      if (performance.now() - startedAt > restart.maxMs) failures = 0
      await pause(backoffMs(restart, failures, restart.minMs / 2), signal)
      failures += 1
    }
  }
}
