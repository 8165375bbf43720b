import { createCluster, type RedisClusterOptions } from 'redis'
import { ClusterSubscriber } from './cluster-subscriber.js'
import { destroy, keepConnecting, type RedisLink, type RedisLinkOwner, reconnectStrategy } from './link.js'

/** How many slots a cluster has: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
const slotCount = 16_384

/** How long a server of a cluster may be away before it is looked whether another has its slots, in milliseconds. */
const refreshMs = 1_000

/** Connects to a cluster. */
export function clusterLink(options: RedisClusterOptions, owner: RedisLinkOwner): RedisLink {
  const cluster = createCluster({
    topologyRefreshOnReconnectionAttemptStrategy: refreshMs,
    ...options,
    defaults: {
      ...options.defaults,
      socket: { reconnectStrategy, ...options.defaults?.socket } as never,
    },
  })
  cluster.on('error', owner.failed)
  cluster.on('node-error', owner.failed)
  const subscriber = new ClusterSubscriber(cluster, owner)
  const connect = async () => {
    await cluster.connect()
    if (Object.keys(cluster.slots).length < slotCount) {
      // It is being set up, and the client would not look again.
      cluster.destroy()
      throw new Error('The cluster has slots that no server has')
    }
    void subscriber.watch()
  }
  const destroyAll = () => {
    for (const { client } of [...cluster.masters, ...cluster.replicas]) if (client) destroy(client)
    cluster.destroy()
  }
  const connecting = keepConnecting(connect, owner)
  return {
    command: async (key, args) => {
      await connecting.done
      return cluster.sendCommand(key, false, args)
    },
    load: async (source) => {
      await Promise.all(
        cluster.masters.map(async (master) => (await cluster.nodeClient(master)).functionLoad(source)),
      )
    },
    subscribe: async (channel, listener) => {
      await connecting.done
      await subscriber.subscribe(channel, listener)
    },
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    close: async () => {
      connecting.stop()
      subscriber.close()
      destroyAll()
      // It goes on to what it was finding out about.
      for (const event of ['node-connect', 'node-error']) cluster.on(event, destroyAll)
    },
  }
}
