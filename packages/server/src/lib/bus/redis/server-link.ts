import { createClient, type RedisClientOptions } from 'redis'
import { destroy, type RedisLink, type RedisLinkCallbacks, reconnectStrategy } from './link.js'

/** Connects to one server. */
export function serverLink(
  { url, client: options }: { url: string; client?: Omit<RedisClientOptions, 'url'> },
  callbacks: RedisLinkCallbacks,
): RedisLink {
  const client = createClient({ ...options, url, socket: { reconnectStrategy, ...options?.socket } as never })
  // A connection of its own, so that commands and messages do not wait for each other.
  const subscriber = client.duplicate()
  for (const each of [client, subscriber]) each.on('error', callbacks.onFailed)
  subscriber.on('ready', callbacks.onRestored)
  for (const each of [client, subscriber]) each.connect().catch(callbacks.onFailed)
  return {
    command: (_, args) => client.sendCommand(args),
    load: async (source) => {
      await client.functionLoad(source)
    },
    subscribe: (channel, listener) => subscriber.sSubscribe(channel, listener),
    unsubscribe: (channel, listener) => subscriber.sUnsubscribe(channel, listener),
    close: async () => {
      destroy(client)
      destroy(subscriber)
    },
  }
}
