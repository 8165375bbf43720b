import { useEffect } from 'react'
import type { SubscriptionHandlers, Topic } from '../types/client.js'
import { type IdentifiedTopic, useSameTopic } from './same-topic.js'
import { useLatest } from './use-latest.js'

/** The handlers of a topic. */
type HandlersOf<Given> = [Given] extends [Topic<infer Events, infer Snapshot>]
  ? SubscriptionHandlers<Events, Snapshot>
  : object

interface Subscribable {
  subscribe(handlers: Handlers): () => void
}

type Handlers = Readonly<Record<string, ((payload: unknown, about: unknown) => unknown) | undefined>>

/**
 * Calls handlers with the events of a topic while the component is mounted, as `topic.subscribe` does. A component may
 * make the topic and the handlers while rendering: topics are compared by client and key, and the handlers of the last
 * committed render are called, without another subscription. Without a topic, it does nothing.
 */
export function useEvents<Given extends IdentifiedTopic | undefined>(
  topic: Given,
  handlers: HandlersOf<NonNullable<Given>>,
): void
export function useEvents(topic: IdentifiedTopic | undefined, given: object): void {
  const handlers = given as Handlers
  const latest = useLatest(handlers)
  const same = useSameTopic(topic)
  const names = Object.keys(handlers)
    .filter((name) => handlers[name])
    .sort()
    .join()
  useEffect(() => {
    let isOver = false
    const own = names.split(',').map((name) => {
      // What it returns may be a promise that rejects, which the client reports.
      const handler = (payload: unknown, about: unknown) =>
        isOver ? undefined : latest.current[name]?.(payload, about)
      return [name, handler] as const
    })
    try {
      const stop = (same as Subscribable | undefined)?.subscribe(Object.fromEntries(own))
      return () => {
        isOver = true
        // Later, since StrictMode subscribes again at once: the topic then misses nothing.
        if (stop) setTimeout(stop)
      }
    } catch (error) {
      // The client was closed, which must not take the page down.
      latest.current['error']?.(error, { isFinal: true })
      queueMicrotask(() => {
        throw error
      })
      return undefined
    }
  }, [same, names, latest])
}
