import { TidingsError } from '@tidings/core'

/** How many topics there may be, and sources that run. */
export interface TopicLimits {
  readonly topics: number
  readonly topicsPerAddress: number
  readonly topicsPerPrincipal: number
  readonly sources: number
}

/** The client that a topic counts for. */
export interface TopicHolder {
  readonly address: string | undefined
  readonly principal: string | undefined
}

/** A topic, as its limits see it. */
interface HeldTopic {
  holder: TopicHolder | undefined
}

/**
 * Counts a topic that has subscribers for one of them: for the one that has been subscribed for longest.
 */
export class HeldTopics {
  readonly #limits: TopicLimits
  readonly #byAddress = new Map<string, number>()
  readonly #byPrincipal = new Map<string, number>()

  constructor(limits: TopicLimits) {
    this.#limits = limits
  }

  /** Counts a topic for its payer from now on, or for no client. */
  assign(topic: HeldTopic, payer: TopicHolder | undefined): void {
    if (topic.holder === payer) return
    this.#count(topic.holder, -1)
    topic.holder = payer
    this.#count(payer, 1)
  }

  /** @throws TidingsError `too_many_requests` for a client that has as many topics as it may */
  requireRoom({ address, principal }: TopicHolder, retryAfterMs: number): void {
    const { topicsPerAddress, topicsPerPrincipal } = this.#limits
    const ofAddress = countOf(this.#byAddress, address)
    if (ofAddress >= topicsPerAddress) {
      throw tooMany('Clients from your address have', ofAddress, retryAfterMs)
    }
    const ofPrincipal = countOf(this.#byPrincipal, principal)
    if (ofPrincipal >= topicsPerPrincipal) throw tooMany('You have', ofPrincipal, retryAfterMs)
  }

  #count(payer: TopicHolder | undefined, change: 1 | -1): void {
    if (!payer) return
    add(this.#byAddress, payer.address, change)
    add(this.#byPrincipal, payer.principal, change)
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
