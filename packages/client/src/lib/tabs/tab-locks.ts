/** The part of Web Locks that is used. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal: AbortSignal } | { readonly steal: true },
    granted: () => unknown,
  ): Promise<unknown>
  query(): Promise<{ readonly held?: readonly HeldLock[] }>
}

interface HeldLock {
  readonly name?: string
  /** The page that holds it. */
  readonly clientId?: string
}

/** A lock was refused; or, if it `wasGranted`, another tab has taken it. */
type Ended = (wasGranted: boolean) => void

/**
 * The locks of one tab in a group of tabs. All compete for one, whose holder holds the connection; each has another of its
 * own, by which the holder learns that the tab is gone.
 */
export class TabLocks {
  readonly #locks: Locks
  readonly #group: string
  readonly #tab: string
  readonly #closing = new AbortController()
  /** Ends the queueing for the lock that all compete for. */
  readonly #queueing = new AbortController()

  constructor(locks: Locks, group: string, tab: string) {
    this.#locks = locks
    this.#group = group
    this.#tab = tab
  }

  /** Takes the lock of this tab. */
  enter(granted: () => void, ended: Ended): void {
    this.#hold(this.#lockOf(this.#tab), this.#closing, granted, ended)
  }

  /** Takes the lock that all compete for, when it is this tab's turn. */
  queue(granted: () => void, ended: Ended): void {
    this.#hold(this.#group, this.#queueing, granted, ended)
  }

  /** Takes the lock that all compete for from the tab that has it. */
  steal(granted: () => void, ended: Ended): void {
    this.#queueing.abort()
    this.#hold(this.#group, undefined, granted, ended)
  }

  /** Calls back when a tab is gone. */
  watch(tab: string, gone: () => void): void {
    const { signal } = this.#closing
    this.#locks.request(this.#lockOf(tab), { signal }, gone).catch(() => {})
  }

  /** The tabs of the page that has the lock that all compete for: one, unless several clients of that page share. */
  async holders(): Promise<readonly string[]> {
    const { held = [] } = await this.#locks.query().catch(() => ({ held: [] }))
    const holder = held.find(({ name }) => name === this.#group)
    if (!holder) return []
    const prefix = this.#lockOf('')
    return held.flatMap(({ name = '', clientId }) =>
      clientId === holder.clientId && name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
    )
  }

  release(): void {
    this.#queueing.abort()
    this.#closing.abort()
  }

  /** Holds a lock from when it is granted until all are released. Without a `cancel`, it is stolen. */
  #hold(name: string, cancel: AbortController | undefined, granted: () => void, ended: Ended): void {
    const { signal } = this.#closing
    const isOver = () => signal.aborted || cancel?.signal.aborted === true
    let wasGranted = false
    const held = () => {
      if (isOver()) return undefined
      wasGranted = true
      granted()
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    this.#locks.request(name, cancel ? { signal: cancel.signal } : { steal: true }, held).catch(() => {
      if (!isOver()) ended(wasGranted)
    })
  }

  #lockOf(tab: string): string {
    return `${this.#group} tab ${tab}`
  }
}
