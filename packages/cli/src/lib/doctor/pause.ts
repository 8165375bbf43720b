import { setTimeout as after } from 'node:timers/promises'

/** Waits for a time, or until a signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => {})
}
