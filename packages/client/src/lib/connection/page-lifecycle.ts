/**
 * Why a page may be able to reach the server again. `back`: it comes online, or resumes after a freeze, so that no open
 * request can be relied on. `visible`: it is shown again after timers were slowed down, or leaves the back-forward cache.
 */
export type WakeReason = 'back' | 'visible'

interface PageEvent {
  /** Whether the page goes to, or comes from, the back-forward cache. */
  readonly persisted?: boolean
}

/** The part of `window` and `document` that dispatches events. */
interface PageLike {
  addEventListener(type: string, listener: (event: PageEvent) => void): void
  removeEventListener(type: string, listener: (event: PageEvent) => void): void
}

/**
 * Watches a page wake, and stop: it is frozen, or goes to the back-forward cache. Watches nothing outside a page. Returns a
 * function that ends it.
 *
 * In Chromium 156 the body of a `fetch` that was open when its page froze never continues, so that `resume` is a wake-up
 * however short the freeze was.
 */
export function watchPage(woken: (wake: WakeReason) => void, left: () => void): () => void {
  const { window, document } = globalThis as {
    window?: PageLike
    document?: PageLike & { visibilityState: string }
  }
  const back = () => woken('back')
  const shown = ({ persisted }: PageEvent) => {
    if (persisted) woken('visible')
  }
  const hidden = ({ persisted }: PageEvent) => {
    if (persisted) left()
  }
  const changed = () => {
    if (document?.visibilityState === 'visible') woken('visible')
  }
  const listeners = [
    [window, 'online', back],
    [window, 'pageshow', shown],
    [window, 'pagehide', hidden],
    [document, 'visibilitychange', changed],
    [document, 'freeze', left],
    [document, 'resume', back],
  ] as const
  for (const [target, type, listener] of listeners) target?.addEventListener(type, listener)
  return () => {
    for (const [target, type, listener] of listeners) target?.removeEventListener(type, listener)
  }
}
