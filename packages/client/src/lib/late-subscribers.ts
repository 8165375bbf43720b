import { type Cursor, signal as signals } from '@tidings/core/wire'
import type { Received, Subscriber } from './subscriber.js'
import type { TopicSource, TopicSourceListener } from './topic-source.js'

/** How many events are held for subscribers whose snapshot is on its way. */
const maxHeld = 4_096

type OpenSource = (listener: Pick<TopicSourceListener, 'received' | 'missed' | 'refused'>) => TopicSource

/** What late subscribers tell the wire they are late for. */
export interface LateSubscribersListener {
  /** Their snapshot is here. */
  arrived(data: string, cursor: Cursor): void
  /** There will be none. */
  refused: TopicSourceListener['refused']
}

/**
 * Subscribers that came to a wire after its snapshot. A snapshot is fetched for them on a short connection of its own; what
 * the wire brings meanwhile is held for them.
 *
 * The snapshot's position is not before the one the wire had when it was asked for, so nothing is missed in between.
 */
export class LateSubscribers {
  readonly subscribers: Set<Subscriber>
  readonly #source: TopicSource
  /** Where the wire was when the first of them came. */
  readonly #since: Cursor | undefined
  readonly #held: Received[] = []

  constructor(
    subscribers: Iterable<Subscriber>,
    since: Cursor | undefined,
    open: OpenSource,
    listener: LateSubscribersListener,
  ) {
    this.subscribers = new Set(subscribers)
    this.#since = since
    this.#source = open({
      received: (name, data, cursor) => {
        if (name === signals.snapshot) listener.arrived(data, cursor)
      },
      missed: () => {},
      refused: (problem) => listener.refused(problem),
    })
  }

  /** Holds an event. `false` says that it is one too many: begin again, with a newer snapshot. */
  hold(event: Received): boolean {
    this.#held.push(event)
    return this.#held.length <= maxHeld
  }

  /** Whether a snapshot is from before the wire's position, as of a node that lags: what lies between would be missed. */
  isStale(snapshot: Cursor): boolean {
    return this.#since?.epoch === snapshot.epoch && snapshot.seq < this.#since.seq
  }

  /** The held events that continue a snapshot. Of those of another epoch, the wire is about to announce a gap. */
  heldAfter(snapshot: Cursor): readonly Received[] {
    return this.#held.filter(({ cursor }) => cursor.epoch === snapshot.epoch && cursor.seq > snapshot.seq)
  }

  close(): void {
    this.#source.close()
  }
}
