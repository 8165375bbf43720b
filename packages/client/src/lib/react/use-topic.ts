import type { EventUnion, Seed, TidingsError } from '@tidings/core'
import { useInsertionEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Topic, TopicEvent } from '../types/client.js'
import { isSameTopic } from './same-topic.js'
import {
  type ShownTopic,
  type StoredOptions,
  type StoredReducer,
  type StoredTopic,
  TopicStore,
} from './topic-store.js'

/** What a component shows of a topic. */
export interface TopicView<State, Before = never> {
  /** The newest value, identical until it changes. Without `initial`, undefined before the first snapshot. */
  readonly value: State | Before
  /** Whether the value includes every event so far. See `TopicState`. */
  readonly isCurrent: boolean
  /** Whether the value is that of the topic that was shown before. Always false without `keepPrevious`. */
  readonly isPrevious: boolean
  /**
   * Why the server refused the topic, permanently or for now, or `closed` if the client is. The value stays. Undefined
   * when the topic is live again.
   */
  readonly error: TidingsError | undefined
}

interface KeepOptions {
  /**
   * Whether the value of the topic that was shown before stays, with `isPrevious`, until the new topic has one or is
   * refused. The subscription to the old topic stays as long.
   *
   * Read when the topic changes. Defaults to false: a new topic begins with its seed, its `initial` or undefined.
   */
  keepPrevious?: boolean
}

/** Refuses a topic without a snapshot, which is folded into a value that begins with `initial`. */
type HasSnapshot<Snapshot> = [Snapshot] extends [never] ? never : unknown

interface SeedOption<Snapshot> {
  /**
   * The state of this topic that the server has rendered, which the value begins with. Read when the topic is
   * first shown, and ignored if its cursor is that of a seed of the topic before.
   */
  seed?: [Snapshot] extends [never] ? undefined : Seed<Snapshot> | undefined
}

/**
 * Shows a topic, folded into its snapshot, and keeps it up to date while the component is mounted. A component may make
 * the topic while rendering: topics are compared by client and key. Without a topic, the value is undefined.
 *
 * The reducer returns the next value and must not modify the last one. Each event is folded by the reducer of the last
 * committed render. Many events of one turn of the event loop are one render.
 *
 * A server renders the seed, and subscribes to nothing.
 *
 * @throws TidingsError `invalid_options` for a seed whose cursor is not a position
 */
export function useTopic<Events, Snapshot>(
  topic: (Topic<Events, Snapshot> & HasSnapshot<Snapshot>) | undefined,
  reducer: (state: NoInfer<Snapshot>, event: EventUnion<Events>) => NoInfer<Snapshot>,
  options?: KeepOptions & SeedOption<NoInfer<Snapshot>> & { initial?: never },
): TopicView<Snapshot, undefined>
/**
 * Shows a topic, folded into a value of any type: begins with `initial`, and folds events, gaps and, if the channel has
 * one, the snapshot.
 */
export function useTopic<Events, Snapshot, State>(
  topic: Topic<Events, Snapshot> | undefined,
  reducer: (state: State, event: TopicEvent<Events, Snapshot>) => State,
  options: KeepOptions & SeedOption<NoInfer<Snapshot>> & { initial: State },
): TopicView<State>
export function useTopic(
  given: unknown,
  reducer: StoredReducer,
  options: KeepOptions & StoredOptions = {},
): ShownTopic {
  const topic = given as StoredTopic | undefined
  const { seed } = options
  const lastCursor = useRef<string>(undefined)
  const make = (previous?: TopicStore) => {
    // A seed that the topic before had belongs to that topic. Cursors are compared, because parseSeed may
    // return another object in each render.
    const own = seed?.cursor === lastCursor.current ? undefined : seed
    return new TopicStore(topic, reducer, { ...options, seed: own }, previous)
  }
  const [held, hold] = useState(() => make())
  let store = held
  if (!isSameTopic(held.topic, topic)) {
    const previous = options.keepPrevious ? held.standing : undefined
    // Back to the topic that is still shown, before the one in between has a value.
    store = previous && isSameTopic(previous.topic, topic) ? previous : make(previous)
    hold(store)
  }
  useInsertionEffect(() => {
    store.reducer = reducer
    if (topic && seed) lastCursor.current = seed.cursor
  })
  return useSyncExternalStore(store.subscribe, store.getShown, store.getShown)
}
