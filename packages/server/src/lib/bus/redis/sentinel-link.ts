import { createClient, createSentinel, type RedisSentinelOptions } from 'redis'
import { keepConnecting, type RedisLink, type RedisLinkCallbacks, reconnectStrategy } from './link.js'
import { ShardSubscriber } from './shard-subscriber.js'

/** Connects to the master that Sentinels name. */
export function sentinelLink(options: RedisSentinelOptions, callbacks: RedisLinkCallbacks): RedisLink {
  const nodeClientOptions = {
    ...options.nodeClientOptions,
    socket: { reconnectStrategy, ...options.nodeClientOptions?.socket } as never,
  }
  const sentinel = createSentinel({ ...options, nodeClientOptions })
  sentinel.on('error', callbacks.onFailed)
  const connecting = keepConnecting(() => sentinel.connect(), callbacks)
  let address: string | undefined
  /** Returns the master's address, or its last one while there is no master. */
  const findMaster = () => {
    const master = sentinel.getMasterNode()
    if (master) address = `${master.host}:${master.port}`
    return address
  }
  // Not the client's own subscriptions: it loses them if it fails while it moves to another master.
  const subscriber = new ShardSubscriber(
    {
      async addressOf() {
        await connecting.done
        const found = findMaster()
        if (found === undefined) throw new Error('The Sentinels do not know a master')
        return found
      },
      async clientFor(at) {
        const [, host, port] = /^(.*):(\d+)$/.exec(at) ?? []
        const socket = { ...(nodeClientOptions.socket as object), host, port: Number(port) }
        return createClient({ ...nodeClientOptions, socket } as never)
      },
      stateOf: async (at) => (at === findMaster() ? 'master' : undefined),
    },
    callbacks,
  )
  return {
    command: async (_, args) => {
      await connecting.done
      return sentinel.sendCommand(false, args)
    },
    load: async (source) => {
      await sentinel.functionLoad(source)
    },
    subscribe: (channel, listener) => subscriber.subscribe(channel, listener),
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    close: async () => {
      connecting.stop()
      subscriber.close()
      await sentinel.destroy()
    },
  }
}
