/**
 * Why a page may reach the server again. `back`: the page is online again, or resumes after a freeze, so that
 * open requests may be dead. `visible`: the page is shown after its timers were throttled, or leaves the
 * back-forward cache.
 */
export type WakeReason = 'back' | 'visible'

interface PageEvent {
  /** Whether the page enters or leaves the back-forward cache. */
  readonly persisted?: boolean
}

/** The part of `window` and `document` that dispatches events, which React Native's `window` does not have. */
interface PageLike {
  addEventListener?(type: string, listener: (event: PageEvent) => void): void
  removeEventListener?(type: string, listener: (event: PageEvent) => void): void
}

/**
 * Watches a page wake up, and stop: the page is frozen, or enters the back-forward cache. Returns a function
 * that ends the watch. Has no effect outside a page: in workers, Chromium 156 dispatches none of these events.
 *
 * In Chromium 156 the body of a `fetch` that was open when its page froze never continues, so `resume` is a
 * wake-up after any freeze.
 */
export function watchPage(onWake: (reason: WakeReason) => void, onLeave: () => void): () => void {
  const { window, document } = globalThis as {
    window?: PageLike
    document?: PageLike & { visibilityState: string }
  }
  const back = () => onWake('back')
  const shown = ({ persisted }: PageEvent) => {
    if (persisted) onWake('visible')
  }
  const hidden = ({ persisted }: PageEvent) => {
    if (persisted) onLeave()
  }
  const changed = () => {
    if (document?.visibilityState === 'visible') onWake('visible')
  }
  const listeners = [
    [window, 'online', back],
    [window, 'pageshow', shown],
    [window, 'pagehide', hidden],
    [document, 'visibilitychange', changed],
    [document, 'freeze', onLeave],
    [document, 'resume', back],
  ] as const
  for (const [target, type, listener] of listeners) target?.addEventListener?.(type, listener)
  return () => {
    for (const [target, type, listener] of listeners) target?.removeEventListener?.(type, listener)
  }
}
