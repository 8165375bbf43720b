import type { ConnectionIds } from './connection-ids.js'

/**
 * Returns a function that reports, once, that a control request names a connection of a concurrent process: without a
 * bus, processes behind one address share nothing.
 */
export function foreignConnectionReporter(
  ids: ConnectionIds,
  report: (error: Error) => void,
): (id: string) => void {
  let isReported = false
  return (id) => {
    if (isReported || !ids.isOfConcurrentProcess(id)) return
    isReported = true
    const message =
      'A control request names a connection that another process opened after this one started: several processes serve one address. Without a bus, they share neither connections nor events. Give each process a bus (`bus: redisBus({ url })` of @tidings/server/redis), or run only one process. This is expected while one process takes over from another'
    report(new Error(message))
  }
}
