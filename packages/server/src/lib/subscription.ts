import {
  type Cursor,
  encodeEventBody,
  formatCursor,
  type GapSignal,
  type OpenSignal,
  type ServerGapReason,
  signal,
  withId,
} from '@tidings/core/wire'
import type { Topic, TopicReader } from './topic.js'

/** Who carries a subscription's frames to the client. */
export interface SubscriptionOwner {
  /** The subscription has something to {@link Subscription.take}. */
  ready(subscription: Subscription): void
  /** The subscription cannot go on. */
  failed(subscription: Subscription, error: unknown): void
}

/** Where a subscription begins: at the head of the log, or where the client says that it was. */
export type Start =
  | { readonly kind: 'head' }
  | { readonly kind: 'resume'; readonly cursor: Cursor | undefined }

/**
 * One subscriber's cursor on one log.
 *
 * It holds no queue. Whoever carries it asks for what follows the cursor when its socket takes more; live delivery,
 * resume and a slow reader's catching up are all that one question.
 */
export class Subscription implements TopicReader {
  readonly topic: Topic
  readonly #owner: SubscriptionOwner
  /** Own signals that go out before the events that follow the cursor. */
  readonly #signals: Uint8Array[] = []
  #seq: number
  #phase: 'reading' | 'loading' | 'ended' = 'reading'

  constructor(topic: Topic, owner: SubscriptionOwner, start: Start, open: OpenSignal) {
    this.topic = topic
    this.#owner = owner
    this.#seq = topic.log.head
    topic.readers.add(this)
    this.#begin(start, open)
  }

  /** Tells its owner that there is something to take. */
  announce(): void {
    if (this.#phase === 'reading') this.#owner.ready(this)
  }

  /** Hands over what the subscriber is owed, and moves its cursor past it. */
  take(into: Uint8Array[]): void {
    into.push(...this.#signals.splice(0))
    if (this.#phase !== 'reading') return
    if (!this.topic.log.reaches(this.#seq)) {
      this.#miss('expired')
      into.push(...this.#signals.splice(0))
      return
    }
    const batch = this.topic.log.readFrom(this.#seq)
    if (!batch) return
    into.push(batch.bytes)
    this.#seq = batch.head
  }

  /** Lets go of the topic. Nothing is taken from then on. */
  end(now: number): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#signals.length = 0
    this.topic.readers.delete(this)
    this.topic.usedAt = now
  }

  #begin(start: Start, open: OpenSignal): void {
    const { log } = this.topic
    const body = encodeEventBody(signal.open, open)
    const reason = start.kind === 'resume' ? (start.cursor ? log.gapAt(start.cursor) : 'invalid') : undefined
    if (start.kind === 'resume' && start.cursor && !reason) {
      this.#seq = start.cursor.seq
      this.#signals.push(this.#withCursor(body))
      return
    }
    if (this.topic.hasSnapshot) {
      // No id before the snapshot is there: a client cut off in between must not resume as if it had seen it.
      this.#signals.push(Buffer.from(body))
      if (reason) this.#miss(reason)
      else this.#load()
      return
    }
    this.#signals.push(reason ? Buffer.from(body) : this.#withCursor(body))
    if (reason) this.#miss(reason)
  }

  /** Goes on from the head, and says so. */
  #miss(reason: ServerGapReason): void {
    const { log, hasSnapshot } = this.topic
    const missedAt = this.#seq
    this.#seq = log.head
    const gap: GapSignal = { reason, cursor: formatCursor(log.cursorAt(this.#seq)) }
    const body = encodeEventBody(signal.gap, gap)
    this.#signals.push(hasSnapshot ? Buffer.from(body) : this.#withCursor(body))
    if (hasSnapshot) this.#load(missedAt)
  }

  #load(atLeast = 0): void {
    this.#phase = 'loading'
    this.topic.loadSnapshot(atLeast).then(
      ({ seq, frame }) => {
        if (this.#phase !== 'loading') return
        this.#phase = 'reading'
        this.#seq = seq
        this.#signals.push(frame)
        this.#owner.ready(this)
      },
      (error: unknown) => {
        if (this.#phase === 'loading') this.#owner.failed(this, error)
      },
    )
  }

  #withCursor(body: string): Uint8Array {
    return Buffer.from(withId(formatCursor(this.topic.log.cursorAt(this.#seq)), body))
  }
}
