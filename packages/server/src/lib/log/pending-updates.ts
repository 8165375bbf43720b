import type { BusUpdate } from '../bus/bus.js'

/** How much is kept, in characters. */
const maxLength = 1024 * 1024

/** The updates that arrive while a log is being read, and do not continue from its head yet. */
export class PendingUpdates {
  readonly updates: BusUpdate[] = []
  #length = 0

  /** Whether no update has arrived. */
  get isEmpty(): boolean {
    return this.#length === 0
  }

  /**
   * Keeps an update, and returns whether there was room. After the first update without room, every other is
   * refused: their events can be read from the bus.
   */
  add(update: BusUpdate): boolean {
    this.#length += update.events.reduce((sum, { body }) => sum + body.length, 0)
    if (this.#length > maxLength) return false
    this.updates.push(update)
    return true
  }
}
