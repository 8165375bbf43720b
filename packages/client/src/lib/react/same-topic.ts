import { useState } from 'react'

/** What identifies a topic among all topics of all clients. */
export interface IdentifiedTopic {
  readonly key: string
}

/** Whether two topics are one: of the same client, with the same key. */
export function isSameTopic(one: IdentifiedTopic | undefined, other: IdentifiedTopic | undefined): boolean {
  return one?.key === other?.key && clientOf(one) === clientOf(other)
}

/** Returns the topic of the first render for as long as the same one is given. */
export function useSameTopic<Given extends IdentifiedTopic | undefined>(topic: Given): Given {
  const [held, hold] = useState(topic)
  if (isSameTopic(held, topic)) return held
  hold(topic)
  return topic
}

/** Returns what all topics of a client have in common, which their public type does not declare. */
function clientOf(topic: object | undefined): unknown {
  return (topic as { readonly client?: unknown } | undefined)?.client
}
