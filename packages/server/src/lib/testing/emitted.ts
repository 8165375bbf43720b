import type { TestErrors } from '@tidings/client/testing'
import { type CompiledContract, eventDataOf, parseJson, parseTopicKey } from '@tidings/core/wire'

/** An event that was emitted, as a loop over its topic yields it. */
export interface EmittedEvent {
  readonly type: string
  readonly data: unknown
}

/** The most events of a topic that are kept. */
const maxEvents = 4_096

interface TopicLog {
  /** The newest events, with their frames. */
  readonly events: { readonly name: string; readonly body: string }[]
  /** How many older events are not kept. */
  dropped: number
  /** The position after the last event that `next` returned, by name. */
  readonly read: Map<string, number>
  readonly waiting: Set<() => void>
}

/** The events that a server has emitted, by topic, for a test to look at. */
export class Emitted {
  readonly #contract: CompiledContract
  readonly #errors: TestErrors
  readonly #topics = new Map<string, TopicLog>()

  constructor(contract: CompiledContract, errors: TestErrors) {
    this.#contract = contract
    this.#errors = errors
  }

  add(key: string, name: string, body: string): void {
    const topic = this.#topic(key)
    topic.events.push({ name, body })
    if (topic.events.length > maxEvents) {
      topic.events.shift()
      topic.dropped += 1
    }
    for (const wake of [...topic.waiting]) wake()
  }

  /** Resolves with the payload of the next event with this name that was not returned before. */
  next(key: string, name: string): Promise<unknown> {
    this.#codecOf(key, name)
    const topic = this.#topic(key)
    let take = () => {}
    const found = new Promise<unknown>((resolve, reject) => {
      take = () => {
        try {
          const data = this.#take(key, topic, name)
          if (data === undefined) return
          topic.waiting.delete(take)
          resolve(data.value)
        } catch (error) {
          reject(error)
        }
      }
      topic.waiting.add(take)
      take()
    })
    return this.#errors
      .within(found, () => this.#missing(key, name))
      .finally(() => topic.waiting.delete(take))
  }

  /** Returns the events of a topic, oldest first. */
  all(key: string): EmittedEvent[] {
    this.#codecOf(key)
    return this.#topic(key).events.map(({ name, body }) => ({
      type: name,
      data: this.#decode(key, name, body),
    }))
  }

  /** Returns the message that says what was emitted instead of an event that was waited for. */
  #missing(key: string, name: string): string {
    const names = this.#topic(key).events.map((event) => event.name)
    const seen = [...new Set(names)].map((each) => `${each} (${names.filter((n) => n === each).length})`)
    const others = [...this.#topics.keys()].filter((other) => other !== key && this.#topic(other).events[0])
    return `server.next: the server did not emit another ${name} on ${key}. On this topic it has emitted ${seen.join(', ') || 'nothing'}${others.length > 0 ? `; on others: ${others.join(', ')}` : ''}`
  }

  #take(key: string, topic: TopicLog, name: string): { readonly value: unknown } | undefined {
    const read = topic.read.get(name) ?? 0
    if (read < topic.dropped) {
      throw new Error(
        `server.next: ${key} had more than ${maxEvents} events that were not looked at, and the oldest are gone. Call next() as they are emitted`,
      )
    }
    const index = topic.events.findIndex((event, at) => topic.dropped + at >= read && event.name === name)
    const event = topic.events[index]
    if (!event) return undefined
    topic.read.set(name, topic.dropped + index + 1)
    return { value: this.#decode(key, name, event.body) }
  }

  #decode(key: string, name: string, body: string): unknown {
    const what = `${name} of ${key}`
    return this.#codecOf(key, name)?.decode(parseJson(eventDataOf(body), what), what)
  }

  #codecOf(key: string, name?: string) {
    const channel = this.#contract.procedures.get(parseTopicKey(key).path)
    if (channel?.kind !== 'channel') {
      throw new TypeError(
        `${key} is not a topic of the server's contract. Give one of a client: ada.room({ … })`,
      )
    }
    const codec = name === undefined ? undefined : channel.events.get(name)
    if (name === undefined || codec) return codec
    throw new TypeError(
      `${channel.path} has no event "${name}". Give one of ${[...channel.events.keys()].join(', ')}`,
    )
  }

  #topic(key: string): TopicLog {
    const known = this.#topics.get(key)
    if (known) return known
    const topic: TopicLog = { events: [], dropped: 0, read: new Map(), waiting: new Set() }
    this.#topics.set(key, topic)
    return topic
  }
}
