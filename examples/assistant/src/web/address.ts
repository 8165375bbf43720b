const key = 'tidings-assistant-run'

/**
 * The id of the answer that a page shows is in its address, so that a reload, the history and another window show the same
 * answer. The last one is in the storage too, for a tab that opens the bare address. Nothing else of an answer is stored.
 */
export const address = {
  /** The id that the page shows, or '' for none. A bare address gets the last id. */
  restore(): string {
    const { hash } = location
    const id = hash === '' ? (localStorage.getItem(key) ?? '') : hash.slice(1)
    if (hash === '' && id !== '') history.replaceState(null, '', `#${id}`)
    return id
  },
  /** The id in the address. */
  get id(): string {
    return location.hash.slice(1)
  },
  show(id: string): void {
    localStorage.setItem(key, id)
    location.hash = id
  },
  /** Forgets the last id, so that a bare address shows none. */
  forget(): void {
    localStorage.removeItem(key)
  },
}
