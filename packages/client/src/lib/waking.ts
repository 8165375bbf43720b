/**
 * Why a page may be able to reach the server again: it was taken `back` from where its connections were cut (it came online),
 * or it is `visible` again, where timers had been slowed down, or stopped in the back-forward cache.
 */
export type Wake = 'back' | 'visible'

/** The part of a page that tells. */
interface PageLike {
  addEventListener(type: string, listener: (event: { persisted?: boolean }) => void): void
  removeEventListener(type: string, listener: (event: { persisted?: boolean }) => void): void
}

/**
 * Watches for a page to wake, and to be left for the back-forward cache. Where there is none, nothing does. Gives what ends
 * it.
 */
export function watchWaking(woken: (wake: Wake) => void, left: () => void): () => void {
  const { window, document } = globalThis as {
    window?: PageLike
    document?: PageLike & { visibilityState: string }
  }
  const online = () => woken('back')
  const shown = ({ persisted }: { persisted?: boolean }) => {
    if (persisted) woken('visible')
  }
  const hidden = ({ persisted }: { persisted?: boolean }) => {
    if (persisted) left()
  }
  const changed = () => {
    if (document?.visibilityState === 'visible') woken('visible')
  }
  window?.addEventListener('online', online)
  window?.addEventListener('pageshow', shown)
  window?.addEventListener('pagehide', hidden)
  document?.addEventListener('visibilitychange', changed)
  return () => {
    window?.removeEventListener('online', online)
    window?.removeEventListener('pageshow', shown)
    window?.removeEventListener('pagehide', hidden)
    document?.removeEventListener('visibilitychange', changed)
  }
}
