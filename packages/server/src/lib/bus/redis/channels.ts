import type { RedisLink } from './link.js'

/** Told what is published on a channel. */
export type ChannelListener = (message: string) => void

interface Channel {
  readonly listeners: Set<ChannelListener>
  readonly onMessage: ChannelListener
  isSubscribed: boolean
  /** Under way until the connection is subscribed if somebody listens, and is not if nobody does. */
  settling: Promise<void> | undefined
}

/**
 * Has a connection subscribed to the channels that somebody listens to. One request for a channel is under way at a
 * time: a client for Redis that is asked to leave it while another comes may leave it for both, and what nobody wants any more
 * is not asked for, however many come and go while Redis is away.
 */
export class Channels {
  readonly #link: Pick<RedisLink, 'subscribe' | 'unsubscribe'>
  readonly #byName = new Map<string, Channel>()

  constructor(link: Pick<RedisLink, 'subscribe' | 'unsubscribe'>) {
    this.#link = link
  }

  /** Resolves when it is sure to onMessage what is published from then on. Where it rejects, the listener is to leave. */
  join(name: string, listener: ChannelListener): Promise<void> {
    const channel = this.#byName.get(name) ?? this.#open(name)
    channel.listeners.add(listener)
    return this.#settle(name, channel)
  }

  leave(name: string, listener: ChannelListener): void {
    const channel = this.#byName.get(name)
    if (!channel?.listeners.delete(listener)) return
    this.#settle(name, channel).catch(() => {})
  }

  #open(name: string): Channel {
    const listeners = new Set<ChannelListener>()
    const onMessage = (message: string) => {
      for (const listener of listeners) listener(message)
    }
    const channel = { listeners, onMessage, isSubscribed: false, settling: undefined }
    this.#byName.set(name, channel)
    return channel
  }

  async #settle(name: string, channel: Channel): Promise<void> {
    if (!channel.settling) {
      if (isSettled(channel)) {
        this.#forgetUnused(name, channel)
        return
      }
      channel.settling = this.#run(name, channel)
    }
    await channel.settling
  }

  async #run(name: string, channel: Channel): Promise<void> {
    let failures = 0
    try {
      while (!isSettled(channel)) {
        if (channel.isSubscribed) {
          try {
            await this.#link.unsubscribe(name, channel.onMessage)
            channel.isSubscribed = false
          } catch {
            // The connection broke, and the client has subscribed again. If it cannot leave then either, it is closed.
            failures += 1
            if (failures === 2) return
          }
        } else {
          await this.#link.subscribe(name, channel.onMessage)
          channel.isSubscribed = true
        }
      }
    } finally {
      channel.settling = undefined
      this.#forgetUnused(name, channel)
    }
  }

  #forgetUnused(name: string, { listeners, isSubscribed }: Channel): void {
    if (listeners.size === 0 && !isSubscribed) this.#byName.delete(name)
  }
}

function isSettled({ listeners, isSubscribed }: Channel): boolean {
  return listeners.size > 0 === isSubscribed
}
