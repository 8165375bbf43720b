import { randomUUID } from 'node:crypto'
import { createSentinel, type RedisSentinelOptions } from 'redis'
import { keepConnecting, type RedisLink, type RedisLinkOwner, reconnectStrategy } from './link.js'

/** Connects to the server that Sentinels say. */
export function sentinelLink(options: RedisSentinelOptions, owner: RedisLinkOwner): RedisLink {
  const sentinel = createSentinel({
    ...options,
    nodeClientOptions: {
      ...options.nodeClientOptions,
      socket: { reconnectStrategy, ...options.nodeClientOptions?.socket } as never,
    },
  })
  let isProbing = false
  /** It does not say when the connection for news is there again: what that acknowledges next is after it was. */
  const probe = async () => {
    if (isProbing) return
    isProbing = true
    const channel = `probe:${randomUUID()}`
    const listener = () => {}
    try {
      await sentinel.sSubscribe(channel, listener)
      owner.restored()
      await sentinel.sUnsubscribe(channel, listener)
    } catch {
      // Closed, or lost once more, which is another error.
    } finally {
      isProbing = false
    }
  }
  sentinel.on('error', (error) => {
    owner.failed(error)
    void probe()
  })
  sentinel.on('topology-change', owner.restored)
  const connecting = keepConnecting(() => sentinel.connect(), owner)
  return {
    command: async (_, args) => {
      await connecting.done
      return sentinel.sendCommand(false, args)
    },
    load: async (source) => {
      await sentinel.functionLoad(source)
    },
    subscribe: async (channel, listener) => {
      await connecting.done
      await sentinel.sSubscribe(channel, listener)
    },
    unsubscribe: async (channel, listener) => {
      await sentinel.sUnsubscribe(channel, listener)
    },
    close: async () => {
      connecting.stop()
      await sentinel.destroy()
    },
  }
}
