import { type SourceDeps, SourceRun } from './source-run.js'
import type { Topic } from './topic.js'

/** Runs the sources of a server's topics, so many at a time. One that has no subscriber gives way to one that has. */
export class Sources {
  readonly #home: SourceDeps
  readonly #most: number
  readonly #stopped: (topic: Topic) => void
  /** Topics whose last subscriber has left, longest ago first. */
  readonly #lingering = new Set<Topic>()
  #count = 0

  /**
   * @param most how many may run
   * @param stopped told when a topic's source has been stopped, because it has no subscriber
   */
  constructor(home: SourceDeps, most: number, stopped: (topic: Topic) => void) {
    this.#home = home
    this.#most = most
    this.#stopped = stopped
  }

  /** Makes room for one more, and says whether there is. */
  makeRoom(): boolean {
    if (this.#count < this.#most) return true
    for (const topic of this.#lingering) {
      this.#giveUp(topic)
      return true
    }
    return false
  }

  /** A topic has a subscriber. */
  start(topic: Topic): void {
    const { runSource: feed } = topic.settings
    if (!feed) return
    topic.source ??= new SourceRun(topic.key, this.#home, (signal) => feed(topic.query, signal))
    this.#lingering.delete(topic)
    if (!topic.source.isRunning) this.#count += 1
    topic.source.start()
  }

  /** A topic's last subscriber has left. */
  stopSoon(topic: Topic): void {
    if (!topic.source?.isRunning) return
    this.#lingering.add(topic)
    topic.source.stopSoon(() => this.#giveUp(topic))
  }

  /** Resolves when another node may run it. */
  async stop(topic: Topic): Promise<void> {
    const { source } = topic
    if (!source?.isRunning) return
    this.#lingering.delete(topic)
    this.#count -= 1
    await source.stop()
  }

  #giveUp(topic: Topic): void {
    void this.stop(topic)
    this.#stopped(topic)
  }
}
