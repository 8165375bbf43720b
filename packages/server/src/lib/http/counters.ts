/** Totals since the server was created. */
export class Counters {
  emits = 0
  deliveries = 0
  bytes = 0
  gaps = 0
  refused = 0
  stalled = 0
}
