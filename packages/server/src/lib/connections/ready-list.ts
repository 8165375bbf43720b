/** An item of a {@link ReadyList}. The list links its items, so that it takes no memory of its own. */
export interface ReadyItem<Item> {
  /** Whether the item is in a list. */
  isReady: boolean
  nextReady: Item | undefined
}

/** A queue of items that are ready. An item can be in one list at a time, once. */
export class ReadyList<Item extends ReadyItem<Item>> {
  #first: Item | undefined
  #last: Item | undefined

  get first(): Item | undefined {
    return this.#first
  }

  append(item: Item): void {
    item.isReady = true
    if (this.#last) this.#last.nextReady = item
    else this.#first = item
    this.#last = item
  }

  /** Removes the first item, and returns it. */
  shift(): Item | undefined {
    const first = this.#first
    if (!first) return undefined
    first.isReady = false
    this.#first = first.nextReady
    first.nextReady = undefined
    if (!this.#first) this.#last = undefined
    return first
  }

  /** Empties the list. Its items stay marked as ready. */
  clear(): void {
    this.#first = undefined
    this.#last = undefined
  }
}
