import { randomUint32 } from '../runtime/random.js'

/** How many topics are remembered. */
const maxTopics = 50_000

export interface EventlessEpoch {
  /** The number of the epoch in this process. */
  readonly number: number
  /** When the topic's last subscriber left, in milliseconds of a monotonic clock. */
  readonly leftAt: number
}

/**
 * Remembers the epochs of topics whose subscribers left before the first event, in a few bytes for each
 * topic. A subscriber that returns resumes in that epoch, and so does the log with its first event. See
 * decision 006.
 *
 * A topic that is forgotten, or whose hash another topic shares, gets a new epoch: its subscriber receives a
 * gap.
 */
export class EventlessEpochs {
  #seed: number | undefined
  /** By the hashes of keys, oldest first. */
  readonly #epochs = new Map<number, EventlessEpoch>()

  remember(key: string, epoch: EventlessEpoch): void {
    const hash = this.#hashOf(key)
    this.#epochs.delete(hash)
    this.#epochs.set(hash, epoch)
    if (this.#epochs.size <= maxTopics) return
    for (const oldest of this.#epochs.keys()) {
      this.#epochs.delete(oldest)
      return
    }
  }

  /** Returns the epoch of a topic, and forgets it. */
  take(key: string): EventlessEpoch | undefined {
    if (this.#epochs.size === 0) return undefined
    const hash = this.#hashOf(key)
    const epoch = this.#epochs.get(hash)
    this.#epochs.delete(hash)
    return epoch
  }

  clear(): void {
    this.#epochs.clear()
  }

  #hashOf(key: string): number {
    // On first use, because some runtimes have no random values while a module loads.
    this.#seed ??= randomUint32()
    return hashOf(key, this.#seed)
  }
}

/** Hashes a text to 53 bits: cyrb53, by bryc, which is in the public domain. */
function hashOf(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed
  let low = 0x41c6ce57 ^ seed
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    high = Math.imul(high ^ code, 2_654_435_761)
    low = Math.imul(low ^ code, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0)
}
