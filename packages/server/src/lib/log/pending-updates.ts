import type { BusUpdate } from '../bus/bus.js'

/** How much is held, in characters. */
const maxLength = 1024 * 1024

/** News that comes while a log is being read and does not go on from its head yet. */
export class PendingUpdates {
  readonly updates: BusUpdate[] = []
  #length = 0

  /** Whether nothing has come. */
  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** Holds on to news. Too much is refused, and all that comes after it: it is there to be read. */
  hold(news: BusUpdate): boolean {
    this.#length += news.events.reduce((sum, { body }) => sum + body.length, 0)
    if (this.#length > maxLength) return false
    this.updates.push(news)
    return true
  }
}
