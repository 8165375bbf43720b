import { type SourceCallbacks, type SourceDeps, SourceRun } from './source-run.js'
import type { Topic } from './topic.js'

export interface SourcesCallbacks extends SourceCallbacks {
  /** Called when the source of a topic without subscribers was stopped. */
  onStopped(topic: Topic): void
}

/**
 * Runs the sources of a server's topics, up to a limit. At the limit, a source without subscribers is stopped
 * for another.
 */
export class Sources {
  readonly #deps: SourceDeps
  readonly #limit: number
  readonly #callbacks: SourcesCallbacks
  /**
   * The topics with a running source and without subscribers, in the order in which their last subscriber
   * left.
   */
  readonly #lingering = new Set<Topic>()
  #count = 0

  /** @param limit how many sources may run */
  constructor(deps: SourceDeps, limit: number, callbacks: SourcesCallbacks) {
    this.#deps = deps
    this.#limit = limit
    this.#callbacks = callbacks
  }

  /** Makes room for a source, and returns whether there is. */
  makeRoom(): boolean {
    if (this.#count < this.#limit) return true
    for (const topic of this.#lingering) {
      this.#stopLingering(topic)
      return true
    }
    return false
  }

  /** Starts the source of a topic that has a subscriber. */
  start(topic: Topic): void {
    const { runSource } = topic.channel
    if (!runSource) return
    topic.source ??= new SourceRun(topic, runSource, this.#deps, this.#callbacks)
    this.#lingering.delete(topic)
    if (!topic.source.isRunning) this.#count += 1
    topic.source.start()
  }

  /** Stops the source of a topic after a while: its last subscriber has left. */
  stopSoon(topic: Topic): void {
    if (!topic.source?.isRunning) return
    this.#lingering.add(topic)
    topic.source.stopSoon(() => this.#stopLingering(topic))
  }

  /** Stops the source of a topic. Resolves when another node may run it. */
  async stop(topic: Topic): Promise<void> {
    const { source } = topic
    if (!source?.isRunning) return
    this.#lingering.delete(topic)
    this.#count -= 1
    await source.stop()
  }

  #stopLingering(topic: Topic): void {
    void this.stop(topic)
    this.#callbacks.onStopped(topic)
  }
}
