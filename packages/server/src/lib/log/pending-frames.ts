import type { Batch } from './log.js'

/** A chunk to write, with the number of events in it. */
export type Piece = Pick<Batch, 'chunk' | 'count'>

/**
 * The frames of a subscription that precede the events after its cursor. There is at most one of each,
 * however long the client does not read: a newer one replaces it.
 */
export class PendingFrames {
  /** The frame that begins the subscription. */
  open: Piece | undefined
  gap: Piece | undefined
  /** The snapshot that the subscription begins with, or goes on with after a gap. */
  snapshot: Piece | undefined
  /** The events that were emitted while the snapshot loaded. */
  meanwhile: Piece | undefined
  /** A snapshot that was requested between events. */
  refreshed: Piece | undefined

  get isEmpty(): boolean {
    return !(this.open || this.gap || this.snapshot || this.meanwhile || this.refreshed)
  }

  /** The size of the snapshots and of the events that come with them. */
  get heldBytes(): number {
    return sizeOf(this.snapshot) + sizeOf(this.meanwhile) + sizeOf(this.refreshed)
  }

  /** Removes and returns the next frame. */
  take(): Piece | undefined {
    const { open, gap, snapshot, meanwhile, refreshed } = this
    if (open) this.open = undefined
    else if (gap) this.gap = undefined
    else if (snapshot) this.snapshot = undefined
    else if (meanwhile) this.meanwhile = undefined
    else this.refreshed = undefined
    return open ?? gap ?? snapshot ?? meanwhile ?? refreshed
  }

  /** Replaces the gap, and drops every snapshot. Returns the size of what was dropped. */
  replaceByGap(gap: Piece): number {
    const { heldBytes } = this
    this.gap = gap
    this.snapshot = undefined
    this.meanwhile = undefined
    this.refreshed = undefined
    return heldBytes
  }

  /** Drops the snapshot that was requested between events. Returns its size. */
  dropRefreshed(): number {
    const bytes = sizeOf(this.refreshed)
    this.refreshed = undefined
    return bytes
  }
}

function sizeOf(piece: Piece | undefined): number {
  return piece?.chunk.byteLength ?? 0
}
