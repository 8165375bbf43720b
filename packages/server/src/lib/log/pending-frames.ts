import type { Batch } from './log.js'

/** What a subscription hands over. */
export type Piece = Pick<Batch, 'chunk' | 'count'>

/**
 * What a subscription hands over before the events that follow its cursor. There is at most one of each, however long the
 * client does not read: a newer one replaces it.
 */
export class PendingFrames {
  /** The frame that begins the subscription. */
  open: Piece | undefined
  gap: Piece | undefined
  /** The snapshot that the subscription begins with, or goes on with after a gap. */
  snapshot: Piece | undefined
  /** What was emitted while the snapshot loaded. */
  meanwhile: Piece | undefined
  /** A snapshot that was asked for between events. */
  refreshed: Piece | undefined

  get isEmpty(): boolean {
    return !(this.open || this.gap || this.snapshot || this.meanwhile || this.refreshed)
  }

  /** The size of its snapshots and of what comes with them. */
  get heldBytes(): number {
    return sizeOf(this.snapshot) + sizeOf(this.meanwhile) + sizeOf(this.refreshed)
  }

  /** Hands over the next piece. */
  take(): Piece | undefined {
    const { open, gap, snapshot, meanwhile, refreshed } = this
    if (open) this.open = undefined
    else if (gap) this.gap = undefined
    else if (snapshot) this.snapshot = undefined
    else if (meanwhile) this.meanwhile = undefined
    else this.refreshed = undefined
    return open ?? gap ?? snapshot ?? meanwhile ?? refreshed
  }

  /** Replaces the gap and voids every snapshot. Returns how many bytes were held for those. */
  replaceByGap(gap: Piece): number {
    const { heldBytes } = this
    this.gap = gap
    this.snapshot = undefined
    this.meanwhile = undefined
    this.refreshed = undefined
    return heldBytes
  }

  /** Voids the snapshot that was asked for between events. Returns how many bytes were held for it. */
  dropRefreshed(): number {
    const bytes = sizeOf(this.refreshed)
    this.refreshed = undefined
    return bytes
  }
}

function sizeOf(piece: Piece | undefined): number {
  return piece?.chunk.byteLength ?? 0
}
