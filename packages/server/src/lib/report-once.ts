import type { ErrorPlace } from './options.js'

type Report = (error: unknown, at: ErrorPlace) => void

/** Wraps a reporter so that it receives each error once: a thousand subscribers may wait for one load that fails. */
export function reportOnce(report: Report): Report {
  const reported = new WeakSet<object>()
  return (error, at) => {
    if (typeof error === 'object' && error !== null) {
      if (reported.has(error)) return
      reported.add(error)
    }
    report(error, at)
  }
}
