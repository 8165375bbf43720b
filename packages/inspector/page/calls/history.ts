import type { TidingsError } from '@tidings/core'
import { useSyncExternalStore } from 'react'

/** How a call ended. */
export type Outcome =
  | { readonly status: 'done'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: TidingsError }
  /** The user stopped waiting for it. */
  | { readonly status: 'aborted' }

/** A command that was sent from this page. */
export interface PastCall {
  readonly id: number
  readonly path: string
  readonly input: unknown
  readonly outcome: Outcome
  readonly at: Date
  readonly ms: number
}

/** Calls that are kept. */
const maxCalls = 50

const listeners = new Set<() => void>()
let calls: readonly PastCall[] = []

/** Keeps a call until the page is left, and the oldest ones no longer. */
export function remember(call: Omit<PastCall, 'id'>): void {
  calls = [{ ...call, id: (calls[0]?.id ?? 0) + 1 }, ...calls].slice(0, maxCalls)
  for (const listener of listeners) listener()
}

/** Returns the calls of this page, the last one first. */
export function useHistory(): readonly PastCall[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => calls,
  )
}
