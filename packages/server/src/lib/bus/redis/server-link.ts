import { createClient, type RedisClientOptions } from 'redis'
import { destroy, type RedisLink, type RedisLinkCallbacks, reconnectStrategy } from './link.js'

/** Connects to one server. */
export function serverLink(
  { url, client: options }: { url: string; client?: Omit<RedisClientOptions, 'url'> },
  owner: RedisLinkCallbacks,
): RedisLink {
  const client = createClient({ ...options, url, socket: { reconnectStrategy, ...options?.socket } as never })
  // Commands are not to wait behind news, nor news behind commands.
  const subscriber = client.duplicate()
  for (const each of [client, subscriber]) each.on('error', owner.onFailed)
  subscriber.on('ready', owner.onRestored)
  for (const each of [client, subscriber]) each.connect().catch(owner.onFailed)
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
