/**
 * Why a page may be able to reach the server again: it was taken `back` from where its connections were cut (it came online,
 * or out of the back-forward cache), or it is `visible` again, where timers had been slowed down.
 */
export type Wake = 'back' | 'visible'

/** The part of a page that tells. */
interface PageLike {
  addEventListener(type: string, listener: (event: { persisted?: boolean }) => void): void
  removeEventListener(type: string, listener: (event: { persisted?: boolean }) => void): void
}

/** Watches for a page to wake. Where there is none, nothing does. Gives what ends it. */
export function watchWaking(woken: (wake: Wake) => void): () => void {
  const { window, document } = globalThis as {
    window?: PageLike
    document?: PageLike & { visibilityState: string }
  }
  const online = () => woken('back')
  const shown = ({ persisted }: { persisted?: boolean }) => {
    if (persisted) woken('back')
  }
  const changed = () => {
    if (document?.visibilityState === 'visible') woken('visible')
  }
  window?.addEventListener('online', online)
  window?.addEventListener('pageshow', shown)
  document?.addEventListener('visibilitychange', changed)
  return () => {
    window?.removeEventListener('online', online)
    window?.removeEventListener('pageshow', shown)
    document?.removeEventListener('visibilitychange', changed)
  }
}
