import type { JobKind } from '../contract'

/** What a kind of job does. */
export interface Kind {
  /** How many items it has. */
  readonly total: number
  /** How many of them are handled between two reports of progress. */
  readonly batch: number
  /** Milliseconds a batch takes. */
  readonly batchMs: number
  nameOf(done: number): string
  /** The number of the item that cannot be handled. */
  readonly failsAt?: number
}

/** The kinds of jobs. The work is simulated by pauses: yours would resize an image, or insert rows. */
export const kinds: Readonly<Record<JobKind, Kind>> = {
  images: {
    total: 40,
    batch: 1,
    batchMs: 250,
    nameOf: (done) => `photo-${String(done).padStart(2, '0')}.jpg`,
  },
  rows: {
    total: 10_000,
    batch: 125,
    batchMs: 100,
    nameOf: (done) => `row ${done.toLocaleString('en')}`,
  },
  failing: {
    total: 50,
    batch: 1,
    batchMs: 100,
    nameOf: (done) => `invoice-${String(done).padStart(2, '0')}.pdf`,
    failsAt: 31,
  },
}
