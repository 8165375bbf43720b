import { type Cursor, signal as signals } from '@tidings/core/wire'
import type { Received, Subscriber } from './subscriber.js'
import type { TopicSource, TopicSourceListener } from './topic-source.js'

/** How many events are held for subscribers whose snapshot is on its way. */
const maxHeld = 4_096

type OpenSource = (listener: Pick<TopicSourceListener, 'received' | 'missed' | 'refused'>) => TopicSource

/** An event as it came, not decoded yet. */
interface Raw {
  readonly name: string
  readonly data: string
  readonly cursor: Cursor
}

/** What late subscribers begin with, up to where the wire they join goes on. */
export interface Beginning {
  readonly snapshot: string
  /** What followed the snapshot on its own connection, up to `position`. */
  readonly events: readonly Raw[]
  readonly position: Cursor
  /** What the wire has brought since, after `position`. */
  readonly held: readonly Received[]
}

/** What late subscribers tell the wire they are late for. */
export interface LateSubscribersListener {
  arrived(beginning: Beginning): void
  /** There will be no snapshot. */
  refused: TopicSourceListener['refused']
}

/**
 * Subscribers that came to a wire after its snapshot. One is fetched for them on a connection of its own; what the wire
 * brings meanwhile is held for them.
 *
 * The snapshot may be older than the wire: it is shared with others who asked for it before, or a node that lags has
 * answered. Then the connection is read on, until it has reached where the wire was, so that nothing is missed in between.
 */
export class LateSubscribers {
  readonly subscribers: Set<Subscriber>
  readonly #source: TopicSource
  /** Where the wire was when the first of them came. */
  readonly #since: Cursor | undefined
  readonly #listener: LateSubscribersListener
  readonly #held: Received[] = []
  #snapshot: string | undefined
  #events: Raw[] = []

  constructor(
    subscribers: Iterable<Subscriber>,
    since: Cursor | undefined,
    open: OpenSource,
    listener: LateSubscribersListener,
  ) {
    this.subscribers = new Set(subscribers)
    this.#since = since
    this.#listener = listener
    this.#source = open({
      received: (name, data, cursor) => this.#received({ name, data, cursor }),
      missed: () => {
        this.#snapshot = undefined
      },
      refused: (problem) => listener.refused(problem),
    })
  }

  /** Holds an event of the wire. `false` says that it is one too many: begin again, with a newer snapshot. */
  hold(event: Received): boolean {
    this.#held.push(event)
    return this.#held.length <= maxHeld
  }

  close(): void {
    this.#source.close()
  }

  #received(event: Raw): void {
    if (event.name === signals.snapshot) {
      this.#snapshot = event.data
      this.#events = []
    } else if (this.#snapshot !== undefined) {
      this.#events.push(event)
    }
    const { cursor: position } = event
    const isBehind = this.#since?.epoch === position.epoch && position.seq < this.#since.seq
    if (this.#snapshot === undefined || isBehind) return
    // An event of another epoch is no continuation: the wire is about to announce a gap.
    const held = this.#held.filter(
      ({ cursor }) => cursor.epoch === position.epoch && cursor.seq > position.seq,
    )
    this.#listener.arrived({ snapshot: this.#snapshot, events: this.#events, position, held })
  }
}
