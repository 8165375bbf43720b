import { withPackagesOf } from '../lib/other-checkout.js'
import { node, type Runtime } from '../lib/runtimes.js'

/** An engine that is measured. */
export interface Subject {
  readonly name: string
  readonly runtime: Runtime
  /** Whether its bus is on Redis. */
  readonly redis: boolean
}

/**
 * Returns the engines to measure: this checkout's in memory and on Redis, and another checkout's in memory, if its
 * path is given.
 */
export function subjectsOf(other: string | undefined): readonly Subject[] {
  const own = [
    { name: 'memory', runtime: node, redis: false },
    { name: 'Redis', runtime: node, redis: true },
  ]
  return other === undefined
    ? own
    : [{ name: 'before', runtime: withPackagesOf(other), redis: false }, ...own]
}
