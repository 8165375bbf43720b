import type { RoomEvent } from './contract.js'

/** Counts events, and checks their order within each topic. */
export class Receiver {
  outOfOrder = 0
  readonly #topics: number
  readonly #last: number[]
  #received = 0
  #expected = 0
  #onAll = () => {}

  constructor(topics: number) {
    this.#topics = topics
    this.#last = new Array(topics).fill(0)
  }

  onEvent = ({ seq, room }: RoomEvent): void => {
    const last = this.#last[room] ?? 0
    if (last > 0 && seq !== last + this.#topics) this.outOfOrder += 1
    this.#last[room] = seq
    this.#received += 1
    if (this.#received === this.#expected) this.#onAll()
  }

  /** Resolves when so many events have arrived since the last call. */
  async receive(count: number): Promise<void> {
    this.#expected += count
    if (this.#received >= this.#expected) return
    await new Promise<void>((resolve) => {
      this.#onAll = resolve
    })
  }
}
