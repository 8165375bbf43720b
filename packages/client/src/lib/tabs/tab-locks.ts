/** The part of the Web Locks API that tabs use. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal: AbortSignal } | { readonly steal: true },
    onGranted: () => unknown,
  ): Promise<unknown>
  query(): Promise<{ readonly held?: readonly HeldLock[] }>
}

interface HeldLock {
  readonly name?: string
  /** The page that holds the lock. */
  readonly clientId?: string
}

/** Called when a lock was refused or, if it `wasGranted`, was stolen by another tab. */
type OnEnded = (wasGranted: boolean) => void

/**
 * The locks of one tab in a group of tabs. All tabs compete for one lock, whose holder leads. Each tab holds
 * another lock of its own, by which the leader learns that the tab has closed. See decision 009.
 */
export class TabLocks {
  readonly #locks: Locks
  readonly #group: string
  readonly #tab: string
  readonly #closing = new AbortController()
  /** Ends the waiting for the lock that elects the leader. */
  readonly #queueing = new AbortController()

  constructor(locks: Locks, group: string, tab: string) {
    this.#locks = locks
    this.#group = group
    this.#tab = tab
  }

  /** Takes this tab's own lock. */
  enter(onGranted: () => void, onEnded: OnEnded): void {
    this.#hold(this.#lockOf(this.#tab), this.#closing, onGranted, onEnded)
  }

  /** Waits for the lock that elects the leader. */
  queue(onGranted: () => void, onEnded: OnEnded): void {
    this.#hold(this.#group, this.#queueing, onGranted, onEnded)
  }

  /** Takes the lock that elects the leader from the tab that holds it. */
  steal(onGranted: () => void, onEnded: OnEnded): void {
    this.#queueing.abort()
    this.#hold(this.#group, undefined, onGranted, onEnded)
  }

  /** Calls `onClosed` when a tab has closed. */
  watch(tab: string, onClosed: () => void): void {
    const { signal } = this.#closing
    this.#locks.request(this.#lockOf(tab), { signal }, onClosed).catch(() => {})
  }

  /** Returns the tabs of the page that leads: one, unless several clients of that page share. */
  async leaders(): Promise<readonly string[]> {
    const { held = [] } = await this.#locks.query().catch(() => ({ held: [] }))
    const elected = held.find(({ name }) => name === this.#group)
    if (!elected) return []
    const prefix = this.#lockOf('')
    return held.flatMap(({ name = '', clientId }) =>
      clientId === elected.clientId && name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
    )
  }

  release(): void {
    this.#queueing.abort()
    this.#closing.abort()
  }

  /** Holds a lock until `release()`. Steals it if there is no `cancel`. */
  #hold(name: string, cancel: AbortController | undefined, onGranted: () => void, onEnded: OnEnded): void {
    const { signal } = this.#closing
    const isOver = () => signal.aborted || cancel?.signal.aborted
    let wasGranted = false
    const held = () => {
      if (isOver()) return undefined
      wasGranted = true
      onGranted()
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    this.#locks.request(name, cancel ? { signal: cancel.signal } : { steal: true }, held).catch(() => {
      if (!isOver()) onEnded(wasGranted)
    })
  }

  #lockOf(tab: string): string {
    return `${this.#group} tab ${tab}`
  }
}
