import { randomName } from '../runtime/random.js'
import { EventlessEpochs } from './eventless-epochs.js'

/** Names the epochs of logs. Each is unique: it has the name of this process, and the number of the log in it. */
export class Epochs {
  readonly #eventless = new EventlessEpochs()
  #processName: string | undefined
  #count = 0

  get #process(): string {
    // On first use, because some runtimes have no random values while a module loads.
    this.#processName ??= randomName(8)
    return this.#processName
  }

  /** Returns the epoch of a topic's new log: that of the log before it if that had no event. */
  next(key: string): string {
    const known = this.#eventless.take(key)
    if (known) return this.#named(known.number)
    this.#count += 1
    return this.#named(this.#count)
  }

  /** Remembers the epoch of a topic whose last subscriber has left before its first event. */
  remember(key: string, epoch: string): void {
    const number = Number.parseInt(epoch.slice(this.#process.length + 1), 36)
    this.#eventless.remember(key, { number, leftAt: performance.now() })
  }

  /** Returns the remembered epoch of a topic, and forgets it. Undefined if its subscriber left longer ago. */
  take(key: string, withinMs: number): string | undefined {
    const known = this.#eventless.take(key)
    return known && performance.now() - known.leftAt <= withinMs ? this.#named(known.number) : undefined
  }

  clear(): void {
    this.#eventless.clear()
  }

  #named(number: number): string {
    return `${this.#process}-${number.toString(36)}`
  }
}
