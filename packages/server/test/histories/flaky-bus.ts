import { TidingsError } from '@tidings/core'
import type { Bus, BusUpdate } from '../../src/index.js'
import { memoryBus } from '../../src/index.js'
import type { Joint } from './history.js'

/** Members of a bus whose news is lost, comes twice, late and out of order, and which cannot always be read. */
export class FlakyJoint implements Joint {
  /** What is kept, until it is lost. */
  #kept = memoryBus()
  readonly #listening = new Map<
    object,
    { topic: string; listener: (news: BusUpdate) => void; stop: () => void }
  >()
  #chance: () => number

  /** @param chance a number from 0 to 1, another each time */
  constructor(chance: () => number) {
    this.#chance = chance
  }

  connect(): Bus {
    const listen: Bus['listen'] = async (topic, listener) => {
      const entry = {}
      const unreliable = (news: BusUpdate) => {
        const fate = this.#chance()
        if (fate < 0.1) return
        if (fate < 0.2) listener(news)
        if (fate < 0.5) void this.#later(() => listener(news))
        else listener(news)
      }
      this.#listening.set(entry, {
        topic,
        listener: unreliable,
        stop: await this.#kept.listen(topic, unreliable),
      })
      return () => {
        this.#listening.get(entry)?.stop()
        this.#listening.delete(entry)
      }
    }
    const read: Bus['read'] = async (...args) => {
      if (this.#chance() < 0.1) throw new TidingsError({ code: 'unavailable', message: 'Flaky' })
      if (this.#chance() < 0.3) await this.#later(() => {})
      const page = await this.#kept.read(...args)
      if (this.#chance() < 0.3) await this.#later(() => {})
      // A page may be shorter than it could be.
      return this.#chance() < 0.3 ? { ...page, events: page.events.slice(0, 2) } : page
    }
    return {
      keepAliveMs: 1_000_000,
      append: (...args) => this.#kept.append(...args),
      read,
      extend: (...args) => this.#kept.extend(...args),
      expire: (...args) => this.#kept.expire(...args),
      drop: (...args) => this.#kept.drop(...args),
      listen,
      onPossibleLoss: () => () => {},
      send: async () => 0,
      receive: async () => () => {},
      acquire: async () => true,
      release: async () => {},
      put: async () => {},
      forget: async () => {},
      get: async () => undefined,
      count: async () => true,
      takeToken: async () => 0,
      ping: async () => {},
      close: async () => {},
    }
  }

  lose(): void {
    this.#kept = memoryBus()
    for (const entry of this.#listening.values()) {
      entry.stop()
      void this.#kept.listen(entry.topic, entry.listener).then((stop) => {
        entry.stop = stop
      })
    }
  }

  heal(): void {
    this.#chance = () => 0.99
  }

  async #later(act: () => void): Promise<void> {
    for (let turns = Math.floor((1 - this.#chance()) * 6); turns >= 0; turns -= 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    act()
  }
}

/** Numbers from 0 to 1, the same for the same seed: a linear congruential generator with the constants of glibc. */
export function randomFrom(seed: number): () => number {
  let state = seed % 2 ** 31
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}
