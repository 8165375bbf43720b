import { useSyncExternalStore } from 'react'
import type { RunFeed } from './run-feed.js'

/** Runs that are shown for one stream. The oldest one is detached from when there are more. */
const maxRuns = 5

const listeners = new Set<() => void>()
const none: readonly RunFeed[] = []
const runs = new Map<string, readonly RunFeed[]>()

/** Adds a run to those of its stream. It stays while another procedure is shown. */
export function addRun(path: string, run: RunFeed): void {
  const all = [run, ...(runs.get(path) ?? none)]
  for (const dropped of all.slice(maxRuns)) dropped.detach()
  change(path, all.slice(0, maxRuns))
}

/** Detaches from a run, and shows it no longer. */
export function removeRun(path: string, run: RunFeed): void {
  run.detach()
  change(
    path,
    (runs.get(path) ?? none).filter((other) => other !== run),
  )
}

/** Returns the runs of a stream, the last one first. */
export function useRuns(path: string): readonly RunFeed[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => runs.get(path) ?? none,
  )
}

function change(path: string, all: readonly RunFeed[]): void {
  runs.set(path, all)
  for (const listener of listeners) listener()
}
