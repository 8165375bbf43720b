import { TidingsError } from '@tidings/core'

/** The maximum numbers of topics and of running sources. */
export interface TopicLimits {
  readonly topics: number
  readonly topicsPerAddress: number
  readonly topicsPerPrincipal: number
  readonly sources: number
}

/** A client that topics count for. */
export interface TopicHolder {
  readonly address: string | undefined
  readonly principal: string | undefined
}

/** A topic, as its limits see it. */
interface HeldTopic {
  holder: TopicHolder | undefined
}

/**
 * Counts the topics that each client holds. A topic is held by the client that has been subscribed longest.
 */
export class HeldTopics {
  readonly #limits: TopicLimits
  readonly #byAddress = new Map<string, number>()
  readonly #byPrincipal = new Map<string, number>()

  constructor(limits: TopicLimits) {
    this.#limits = limits
  }

  /** Makes a client the holder of a topic. Without a client, the topic counts for none. */
  assign(topic: HeldTopic, holder: TopicHolder | undefined): void {
    if (topic.holder === holder) return
    this.#count(topic.holder, -1)
    topic.holder = holder
    this.#count(holder, 1)
  }

  /** @throws TidingsError `too_many_requests` for a client that has reached its limit */
  requireRoom({ address, principal }: TopicHolder, retryAfterMs: number): void {
    const { topicsPerAddress, topicsPerPrincipal } = this.#limits
    const ofAddress = countOf(this.#byAddress, address)
    if (ofAddress >= topicsPerAddress) {
      throw tooMany('Clients from your address have', ofAddress, retryAfterMs)
    }
    const ofPrincipal = countOf(this.#byPrincipal, principal)
    if (ofPrincipal >= topicsPerPrincipal) throw tooMany('You have', ofPrincipal, retryAfterMs)
  }

  #count(holder: TopicHolder | undefined, change: 1 | -1): void {
    if (!holder) return
    add(this.#byAddress, holder.address, change)
    add(this.#byPrincipal, holder.principal, change)
  }
}

function tooMany(whose: string, count: number, retryAfterMs: number): TidingsError {
  const message = `${whose} ${count} topics, which is the limit. Unsubscribe from one, or try again later`
  return new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
}

function countOf(counts: ReadonlyMap<string, number>, key: string | undefined): number {
  return key === undefined ? 0 : (counts.get(key) ?? 0)
}

function add(counts: Map<string, number>, key: string | undefined, change: number): void {
  if (key === undefined) return
  const count = (counts.get(key) ?? 0) + change
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
