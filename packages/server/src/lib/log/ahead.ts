import type { BusNews } from '../bus/bus.js'

/** How much is held, in characters. */
const mostLength = 1024 * 1024

/** News that comes while a log is being read and does not go on from its head yet. */
export class Ahead {
  readonly news: BusNews[] = []
  #length = 0

  /** Whether nothing has come. */
  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** Holds on to news. Too much is refused, and all that comes after it: it is there to be read. */
  hold(news: BusNews): boolean {
    this.#length += news.events.reduce((sum, { body }) => sum + body.length, 0)
    if (this.#length > mostLength) return false
    this.news.push(news)
    return true
  }
}
