import {
  type Cursor,
  decodeSignal,
  type ErrorSignal,
  fromProblem,
  parseCursor,
  type ServerGapReason,
  type SubscribedSignal,
} from '@tidings/core/wire'
import type { TransportTopic } from '../connection/control.js'

/** A topic that receives frames of a shared connection. */
export interface TableTopic extends TransportTopic {
  readonly key: string
  onSubscribed(signal: JoinedSignal, start: Cursor | undefined): void
  onEvent(name: string, data: string, cursor: Cursor): void
  onSnapshot(data: string, cursor: Cursor): void
  onGap(reason: ServerGapReason, cursor: Cursor): void
  /** Called when a run ended with its output. */
  onOutput?(data: string, cursor: Cursor): void
  /** Called when a run failed. */
  onFailed?(signal: ErrorSignal): void
}

/** A {@link SubscribedSignal} that the leader sends to a tab. */
export interface JoinedSignal extends SubscribedSignal {
  /**
   * Whether the leader carries the topic for other tabs already, so that this tab has to request a snapshot.
   */
  readonly isJoined?: boolean
}

/** An {@link ErrorSignal} that the leader sends to the tabs. */
export interface RefusedSignal extends ErrorSignal {
  /** How many events precede the position of a run that the server refused. */
  readonly seq?: number
}

interface NamedTopic<Topic> {
  readonly epoch: string
  readonly topic: Topic
}

/** The topics on a connection, which becomes idle a while after the last one is released. */
export class TopicTable<Topic extends TableTopic> {
  readonly byKey = new Map<string, Topic>()
  /** By the epochs in the ids of their frames. See decision 008. */
  readonly #byEpoch = new Map<string, NamedTopic<Topic>>()
  /** The topic of the last frame, which is mostly that of the next one. */
  #last: NamedTopic<Topic> | undefined
  readonly #epochOf = (id: string, length: number) => {
    const epoch = this.#last?.epoch
    if (epoch?.length !== length || !id.startsWith(epoch)) this.#last = this.#byEpoch.get(id.slice(0, length))
    return this.#last?.epoch
  }
  readonly #lingerMs: number
  readonly #onIdle: () => void
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(lingerMs: number, onIdle: () => void) {
    this.#lingerMs = lingerMs
    this.#onIdle = onIdle
  }

  get isEmpty(): boolean {
    return this.byKey.size === 0
  }

  add(topic: Topic): void {
    clearTimeout(this.#linger)
    this.byKey.set(topic.key, topic)
  }

  release(topic: Topic): void {
    if (this.byKey.get(topic.key) === topic) this.byKey.delete(topic.key)
    this.#last = undefined
    for (const [epoch, named] of this.#byEpoch) if (named.topic === topic) this.#byEpoch.delete(epoch)
    if (!this.isEmpty) return
    clearTimeout(this.#linger)
    this.#linger = setTimeout(this.#onIdle, this.#lingerMs)
  }

  /** The connection that carried the topics was lost. */
  onLost(): void {
    this.#last = undefined
    this.#byEpoch.clear()
    for (const topic of this.byKey.values()) topic.onLost()
  }

  /** Forgets all topics, without waiting for the connection to become idle. */
  clear(): void {
    this.byKey.clear()
    this.#last = undefined
    this.#byEpoch.clear()
  }

  /** Stops waiting for the connection to become idle. */
  close(): void {
    clearTimeout(this.#linger)
  }

  /** Passes a frame to its topic, which it returns: a signal names the topic, an event's id has its epoch. */
  dispatch(name: string, data: string, id: string): Topic | undefined {
    switch (name) {
      case '$subscribed': {
        const signal = decodeSignal(name, data)
        const topic = this.#nameTopic(signal.topic, signal.epoch)
        topic?.onSubscribed(signal, parseCursor(signal.cursor ?? ''))
        return topic
      }
      case '$gap': {
        const { topic: key, reason, cursor: text } = decodeSignal(name, data)
        const cursor = parseCursor(text)
        if (!cursor) return undefined
        const topic = this.#nameTopic(key, cursor.epoch)
        topic?.onGap(reason, cursor)
        return topic
      }
      case '$error': {
        const signal: RefusedSignal = decodeSignal(name, data)
        const topic = this.byKey.get(signal.topic ?? '')
        const problem = fromProblem(signal)
        if (signal.ended) topic?.onFailed?.(signal)
        else if (problem) topic?.[signal.snapshot ? 'onSnapshotRefused' : 'onRefused'](problem, signal.seq)
        return topic
      }
      default: {
        const cursor = parseCursor(id, this.#epochOf)
        const topic = cursor && this.#last?.topic
        if (!topic) return undefined
        if (name === '$snapshot') topic.onSnapshot(data, cursor)
        else if (name === '$output') topic.onOutput?.(data, cursor)
        // A newer server may have further signals.
        else if (!name.startsWith('$')) topic.onEvent(name, data, cursor)
        return topic
      }
    }
  }

  #nameTopic(key: string, epoch: string): Topic | undefined {
    const topic = this.byKey.get(key)
    this.#last = undefined
    if (topic) this.#byEpoch.set(epoch, { epoch, topic })
    return topic
  }
}
