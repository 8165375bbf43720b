import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import { type RedisServer, startRedis } from '@tidings/test-kit/redis'
import { createClient } from 'redis'

/** Runs commands on a server, one after the other, and gives what the last has answered. */
export async function runOn(
  { url }: RedisServer,
  ...commands: readonly (readonly string[])[]
): Promise<unknown> {
  const client = await createClient({ url })
    .on('error', () => {})
    .connect()
  try {
    let answer: unknown
    for (const command of commands) answer = await client.sendCommand([...command])
    return answer
  } finally {
    client.destroy()
  }
}

/** The first slot of each server of a cluster, and the end of them all. */
const bounds = [0, 5_461, 10_923, 16_384]

/** Starts a cluster of three servers, which have a third of the slots each. @param firstPort where the first listens */
export async function startCluster(firstPort?: number) {
  const busPorts = [await freePort(), await freePort(), await freePort()].map(String)
  const servers = await Promise.all(
    busPorts.map((busPort, n) => startMember(busPort, n === 0 ? firstPort : undefined)),
  )
  const others: RedisServer[] = []
  const stop = () => Promise.all([...servers, ...others].map((server) => server.stop()))
  try {
    await joinCluster(servers, busPorts)
  } catch (error) {
    await stop()
    throw error
  }
  const [first] = servers as [RedisServer]
  const moved = new Map<string, RedisServer>()
  const slotOf = async (key: string) => {
    const slot = String(await runOn(first, ['CLUSTER', 'KEYSLOT', key]))
    const at = bounds.findIndex((bound) => bound > Number(slot)) - 1
    return { slot, owner: moved.get(slot) ?? (servers[at] as RedisServer) }
  }
  return {
    servers,
    rootNodes: servers.map(({ url }) => ({ url })),
    /** Gives the server that has a key a replica, which takes over when that is gone, and says which server it is. */
    async replicate(key: string): Promise<RedisServer> {
      const { owner: master } = await slotOf(key)
      const id = String(await runOn(master, ['CLUSTER', 'MYID']))
      const replica = await startMember(String(await freePort()))
      others.push(replica)
      await runOn(replica, [
        'CLUSTER',
        'MEET',
        '127.0.0.1',
        String(master.port),
        busPorts[servers.indexOf(master)] ?? '',
      ])
      await until(
        async () => (await runOn(replica, ['CLUSTER', 'REPLICATE', id])) === 'OK',
        'it knew its master',
      )
      const isKnownTo = async (server: RedisServer) =>
        String(await runOn(server, ['CLUSTER', 'REPLICAS', id])).includes(`:${replica.port}@`)
      await until(
        async () =>
          String(await runOn(replica, ['INFO', 'replication'])).includes('master_link_status:up') &&
          String(await runOn(replica, ['CLUSTER', 'INFO'])).includes('cluster_state:ok') &&
          // Who does not know of it does not vote for it.
          (await Promise.all(servers.map(isKnownTo))).every(Boolean),
        'the replica followed',
      )
      return master
    },
    /** Adds a server, which has no slots yet. */
    async add(): Promise<RedisServer> {
      const busPort = String(await freePort())
      const added = await startMember(busPort)
      others.push(added)
      await runOn(first, ['CLUSTER', 'MEET', '127.0.0.1', String(added.port), busPort])
      for (const server of [added, ...servers]) {
        await until(
          async () =>
            String(await runOn(server, ['CLUSTER', 'INFO'])).includes('cluster_known_nodes:4') &&
            String(await runOn(server, ['CLUSTER', 'INFO'])).includes('cluster_state:ok'),
          'the servers knew each other',
        )
      }
      return added
    },
    /** Begins to move the slot of a key to another server: the next, unless one is given. */
    async beginMove(key: string, target?: RedisServer) {
      const { slot, owner: from } = await slotOf(key)
      const to = target ?? (servers[(servers.indexOf(from) + 1) % servers.length] as RedisServer)
      const [fromId, toId] = [
        String(await runOn(from, ['CLUSTER', 'MYID'])),
        String(await runOn(to, ['CLUSTER', 'MYID'])),
      ]
      await runOn(to, ['CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId])
      await runOn(from, ['CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId])
      const move = (keys: readonly string[]) =>
        runOn(from, ['MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys])
      return {
        move,
        /** Moves what is left, and ends it. */
        async end(): Promise<void> {
          const keys = (await runOn(from, ['CLUSTER', 'GETKEYSINSLOT', slot, '1000'])) as string[]
          if (keys.length > 0) await move(keys)
          for (const server of [to, from, ...servers])
            await runOn(server, ['CLUSTER', 'SETSLOT', slot, 'NODE', toId])
          moved.set(slot, to)
        },
      }
    },
    async moveSlotOf(key: string): Promise<void> {
      const { end } = await this.beginMove(key)
      await end()
    },
    stop,
  }
}

/** Starts a server that may be in a cluster. @param busPort where it talks to the others */
function startMember(busPort: string, port?: number): Promise<RedisServer> {
  const args = [
    ...['--cluster-enabled', 'yes', '--cluster-port', busPort],
    ...['--cluster-node-timeout', '2000', '--cluster-announce-ip', '127.0.0.1'],
  ]
  return startRedis({ args, ...(port !== undefined && { port }) })
}

/** Gives each server its slots, and has them meet. */
async function joinCluster(servers: readonly RedisServer[], busPorts: readonly string[]): Promise<void> {
  const [first] = servers as [RedisServer]
  for (const [n, server] of servers.entries()) {
    const slots = [String(bounds[n]), String((bounds[n + 1] ?? 0) - 1)]
    await runOn(
      server,
      ['CLUSTER', 'ADDSLOTSRANGE', ...slots],
      ['CLUSTER', 'SET-CONFIG-EPOCH', String(n + 1)],
    )
    if (server !== first)
      await runOn(first, ['CLUSTER', 'MEET', '127.0.0.1', String(server.port), busPorts[n] ?? ''])
  }
  for (const server of servers) {
    await until(
      async () => String(await runOn(server, ['CLUSTER', 'INFO'])).includes('cluster_state:ok'),
      'the cluster was there',
    )
  }
}

/**
 * Starts a server with a replica, and a Sentinel that has the replica take over when the server is gone.
 *
 * @param downAfterMs how long the server may not answer until it counts as gone. A busy machine may run no server for
 * half a second
 */
export async function startSentinels(downAfterMs = 2_000) {
  const master = await startRedis()
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
  await until(
    async () => String(await runOn(replica, ['INFO', 'replication'])).includes('master_link_status:up'),
    'the replica followed',
  )
  // A Sentinel writes to its configuration.
  const directory = await mkdtemp(join(tmpdir(), 'tidings-sentinel-'))
  const file = join(directory, 'sentinel.conf')
  const settings = [
    `sentinel monitor tidings 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds tidings ${downAfterMs}`,
    'sentinel failover-timeout tidings 2000',
  ]
  await writeFile(file, settings.join('\n'))
  const sentinel = await startRedis({ args: ['--sentinel'], file })
  await until(
    async () => String(await runOn(sentinel, ['INFO', 'sentinel'])).includes('slaves=1'),
    'the Sentinel knew of the replica',
  )
  return {
    master,
    replica,
    sentinel: { name: 'tidings', sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }] },
    async stop() {
      await Promise.all([sentinel, replica, master].map((server) => server.stop()))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
