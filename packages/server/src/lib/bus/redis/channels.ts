import type { RedisLink } from './link.js'

/** Called with each message on a channel. */
export type ChannelListener = (message: string) => void

interface Channel {
  readonly listeners: Set<ChannelListener>
  readonly onMessage: ChannelListener
  isSubscribed: boolean
  /** Pending while a request for the channel is under way. */
  syncing: Promise<void> | undefined
}

/**
 * Keeps a connection subscribed to the channels that have listeners.
 *
 * At most one request for a channel is under way. A Redis client that unsubscribes from a channel while it
 * subscribes to it may end up without either, and listeners that come and go while Redis is away must not
 * queue requests.
 */
export class Channels {
  readonly #link: Pick<RedisLink, 'subscribe' | 'unsubscribe'>
  readonly #byName = new Map<string, Channel>()

  constructor(link: Pick<RedisLink, 'subscribe' | 'unsubscribe'>) {
    this.#link = link
  }

  /**
   * Adds a listener. Resolves once it receives every later message; if it rejects, call {@link leave}.
   */
  join(name: string, listener: ChannelListener): Promise<void> {
    const channel = this.#byName.get(name) ?? this.#open(name)
    channel.listeners.add(listener)
    return this.#sync(name, channel)
  }

  leave(name: string, listener: ChannelListener): void {
    const channel = this.#byName.get(name)
    if (!channel?.listeners.delete(listener)) return
    this.#sync(name, channel).catch(() => {})
  }

  #open(name: string): Channel {
    const listeners = new Set<ChannelListener>()
    const onMessage = (message: string) => {
      for (const listener of listeners) listener(message)
    }
    const channel = { listeners, onMessage, isSubscribed: false, syncing: undefined }
    this.#byName.set(name, channel)
    return channel
  }

  async #sync(name: string, channel: Channel): Promise<void> {
    if (!channel.syncing) {
      if (isInSync(channel)) {
        this.#deleteUnused(name, channel)
        return
      }
      channel.syncing = this.#run(name, channel)
    }
    await channel.syncing
  }

  async #run(name: string, channel: Channel): Promise<void> {
    let failures = 0
    try {
      while (!isInSync(channel)) {
        if (channel.isSubscribed) {
          try {
            await this.#link.unsubscribe(name, channel.onMessage)
            channel.isSubscribed = false
          } catch {
            // The connection broke and the client has subscribed again. If the retry fails too, it is closed.
            failures += 1
            if (failures === 2) return
          }
        } else {
          await this.#link.subscribe(name, channel.onMessage)
          channel.isSubscribed = true
        }
      }
    } finally {
      channel.syncing = undefined
      this.#deleteUnused(name, channel)
    }
  }

  #deleteUnused(name: string, { listeners, isSubscribed }: Channel): void {
    if (listeners.size === 0 && !isSubscribed) this.#byName.delete(name)
  }
}

function isInSync({ listeners, isSubscribed }: Channel): boolean {
  return listeners.size > 0 === isSubscribed
}
