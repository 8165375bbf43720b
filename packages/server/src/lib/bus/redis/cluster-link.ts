import { createCluster, type RedisClusterOptions } from 'redis'
import {
  destroy,
  keepConnecting,
  type RedisLink,
  type RedisLinkCallbacks,
  reconnectStrategy,
} from './link.js'
import { ShardSubscriber } from './shard-subscriber.js'

/**
 * How many slots a cluster has: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
const slotCount = 16_384

/** How long a server may be away before the topology is read again, in milliseconds. */
const refreshMs = 1_000

/** Connects to a cluster. */
export function clusterLink(options: RedisClusterOptions, callbacks: RedisLinkCallbacks): RedisLink {
  const cluster = createCluster({
    topologyRefreshOnReconnectionAttemptStrategy: refreshMs,
    ...options,
    defaults: {
      ...options.defaults,
      socket: { reconnectStrategy, ...options.defaults?.socket } as never,
    },
  })
  cluster.on('error', callbacks.onFailed)
  cluster.on('node-error', callbacks.onFailed)
  const connect = async () => {
    await cluster.connect()
    if (Object.keys(cluster.slots).length === slotCount) return
    // The cluster is still being set up, and the client would not read its topology again.
    cluster.destroy()
    throw new Error('The cluster has slots that no server serves')
  }
  const connecting = keepConnecting(connect, callbacks)
  const clientOf = async (address: string) => {
    const master = cluster.masters.find((each) => each.address === address)
    return master && cluster.nodeClient(master)
  }
  const subscriber = new ShardSubscriber(
    {
      async addressOf(channel, hasMoved) {
        await connecting.done
        // The reply makes the client read the topology again.
        if (hasMoved) await cluster.sendCommand(channel, false, ['EXISTS', channel])
        const slot = Number(await cluster.sendCommand(channel, false, ['CLUSTER', 'KEYSLOT', channel]))
        const address = cluster.slots[slot]?.master.address
        if (address === undefined) throw new Error(`No server of the cluster serves slot ${slot}`)
        return address
      },
      async clientFor(address) {
        const client = await clientOf(address)
        if (!client) throw new Error(`The server ${address} is no longer a master`)
        return client.duplicate()
      },
      async stateOf(address) {
        const client = await clientOf(address)
        return client && ownSlots(String(await client.sendCommand(['CLUSTER', 'NODES'])))
      },
    },
    callbacks,
  )
  const destroyAll = () => {
    for (const { client } of [...cluster.masters, ...cluster.replicas]) if (client) destroy(client)
    cluster.destroy()
  }
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
    subscribe: (channel, listener) => subscriber.subscribe(channel, listener),
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    close: async () => {
      connecting.stop()
      subscriber.close()
      destroyAll()
      // The client still connects to servers it was discovering.
      for (const event of ['node-connect', 'node-error']) cluster.on(event, destroyAll)
    },
  }
}

/**
 * A server's own slots, from its reply to CLUSTER NODES: https://redis.io/docs/latest/commands/cluster-nodes/
 */
function ownSlots(nodes: string): string {
  const own = nodes.split('\n').find((line) => line.includes('myself')) ?? ''
  const [id, , , , , , epoch, , ...slots] = own.split(' ')
  // Slots in brackets are being moved.
  return [id, epoch, ...slots.filter((slot) => !slot.startsWith('['))].join(' ')
}
