type Listener<Message> = (message: Message) => void

/** Functions that receive the messages of a name. */
export class Listeners<Message> {
  readonly #byName = new Map<string, Set<Listener<Message>>>()

  /** The number of functions that receive the messages of a name. */
  count(name: string): number {
    return this.#byName.get(name)?.size ?? 0
  }

  /** Adds a function, also if it was added before. Returns a function that removes it. */
  add(name: string, listener: Listener<Message>): () => void {
    const added: Listener<Message> = (message) => listener(message)
    const listeners = this.#byName.get(name) ?? new Set()
    this.#byName.set(name, listeners.add(added))
    return () => {
      listeners.delete(added)
      if (listeners.size === 0 && this.#byName.get(name) === listeners) this.#byName.delete(name)
    }
  }

  notify(name: string, message: Message): void {
    // A copy, because a listener may add others, which are not to receive this message.
    for (const listener of [...(this.#byName.get(name) ?? [])]) listener(message)
  }
}
