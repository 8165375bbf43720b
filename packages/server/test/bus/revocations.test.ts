import { until } from '@tidings/test-kit'
import { hasRedis, type RedisServer, startRedis } from '@tidings/test-kit/redis'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../../src/express.js'
import { type Bus, type ConnectionFilter, createServer, memoryBus } from '../../src/index.js'
import { redisBus } from '../../src/redis.js'
import { contract } from '../contract.js'
import { mount, open, post } from '../harness.js'

async function startNode(bus?: Bus) {
  const tidings = createServer(
    contract,
    {
      ...(bus && { bus }),
      context: ({ headers }) => headers.get('x-user') ?? '',
      principal: (user) => user || undefined,
    },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const openAs = async (user: string, path = '') => {
    const stream = await open(`${url}${path}`, { headers: { 'x-user': user } })
    await stream.count(1)
    return stream
  }
  return { tidings, url, openAs }
}

let redis: RedisServer
beforeAll(async () => {
  if (!hasRedis) return
  redis = await startRedis()
  return () => redis.stop()
})

let services = 0
/** Makes a bus of its own for a test, and members of it. */
const buses = [
  {
    what: 'memory',
    connector: () => {
      const shareWith = memoryBus()
      return () => memoryBus({ shareWith })
    },
  },
  ...(hasRedis
    ? [
        {
          what: 'Redis',
          connector: () => {
            services += 1
            const prefix = `service-${services}`
            return () => redisBus({ url: redis.url, prefix })
          },
        },
      ]
    : []),
]

describe.each(buses)('nodes on one bus in $what', ({ connector }) => {
  it('disconnect a principal on all nodes, and return the counts of connections and nodes', async () => {
    const connect = connector()
    const nodes = [await startNode(connect()), await startNode(connect()), await startNode(connect())]
    const eves = await Promise.all(nodes.map(({ openAs }) => openAs('eve')))
    eves.push(await (nodes[2] as (typeof nodes)[0]).openAs('eve', '/ticks'))
    const adas = await Promise.all(nodes.map(({ openAs }) => openAs('ada')))
    const [first] = nodes as [(typeof nodes)[0]]
    expect(await first.tidings.disconnect({ principal: 'eve' })).toEqual({ connections: 4, nodes: 3 })
    await until(() => eves.every((stream) => stream.isOver()), 'all of eve were over')
    expect(JSON.parse(eves[1]?.events.at(-1)?.data ?? '')).toMatchObject({ code: 'unauthorized' })
    expect(adas.map((stream) => stream.isOver())).toEqual([false, false, false])
    expect(await first.tidings.disconnect({ principal: 'eve' })).toEqual({ connections: 0, nodes: 3 })
  })

  it('challenge the clients of a topic on all nodes, by topic and by principal', async () => {
    const connect = connector()
    const [one, other] = [await startNode(connect()), await startNode(connect())]
    const stream = await other.openAs('ada')
    const { id } = JSON.parse(stream.events[0]?.data ?? '')
    const operations = [{ subscribe: 'room?roomId=a%20b' }]
    await post(`${one.url}/$connections/${id}`, { operations }, { 'x-user': 'ada' })
    const { tidings } = one
    const none = { connections: 0, nodes: 2 }
    expect(await tidings.reauthorize({ topic: 'room?roomId=other' })).toEqual(none)
    expect(await tidings.reauthorize({ topic: 'room?roomId=a%20b', principal: 'eve' })).toEqual(none)
    // However it is encoded.
    const which = { topic: 'room?roomId=a+b', principal: 'ada' }
    expect(await tidings.reauthorize(which)).toEqual({ connections: 1, nodes: 2 })
    await until(() => stream.text().includes('$reauthorize'), 'authentication was requested')
    expect(stream.isOver()).toBe(false)
  })

  it('apply a predicate on one node alone', async () => {
    const connect = connector()
    const [one, other] = [await startNode(connect()), await startNode(connect())]
    const streams = [await one.openAs('eve'), await other.openAs('eve')]
    expect(one.tidings.disconnect(({ principal }) => principal === 'eve')).toBe(1)
    await until(() => streams[0]?.isOver() === true, 'it was over')
    expect(other.tidings.stats().connections).toBe(1)
  })

  it('return how many nodes responded when one does not', async () => {
    const connect = connector()
    const bus = connect()
    const one = await startNode(connect())
    const other = await startNode(bus)
    const stream = await other.openAs('eve')
    const { read } = bus
    bus.read = () => Promise.reject(new Error('It cannot read'))
    await expect(one.tidings.disconnect({ principal: 'eve' })).rejects.toMatchObject({
      code: 'unavailable',
      message:
        'disconnect completed on 1 of 2 nodes; the others apply it when they can read the bus. Call it again to be sure',
    })
    expect(stream.isOver()).toBe(false)
    bus.read = read.bind(bus)
    await until(stream.isOver, 'it was done later')
  })

  it('refuse a revocation after they are closed', async () => {
    const { tidings } = await startNode(connector()())
    await tidings.close({ drainMs: 0 })
    await expect(tidings.disconnect({ principal: 'eve' })).rejects.toMatchObject({ code: 'closed' })
  })
})

/** A node that can be cut off from its bus in memory. */
function cuttable(bus: Bus) {
  let isCut = false
  const refuse = () => Promise.reject(new Error('It is cut off'))
  const doubters = new Set<() => void>()
  const stops = new Map<string, { stop: () => void; again: () => Promise<() => void> }>()
  const cut: Bus = {
    keepAliveMs: bus.keepAliveMs,
    append: (...args) => (isCut ? refuse() : bus.append(...args)),
    read: (...args) => (isCut ? refuse() : bus.read(...args)),
    extend: (...args) => (isCut ? refuse() : bus.extend(...args)),
    expire: (...args) => (isCut ? refuse() : bus.expire(...args)),
    drop: (...args) => (isCut ? refuse() : bus.drop(...args)),
    listen: async (topic, listener) => bus.listen(topic, (news) => void (isCut || listener(news))),
    onPossibleLoss: (listener) => {
      doubters.add(listener)
      return () => doubters.delete(listener)
    },
    send: (...args) => (isCut ? refuse() : bus.send(...args)),
    receive: async (name, listener) => {
      if (isCut) return refuse()
      const again = () => bus.receive(name, listener)
      stops.set(name, { stop: await again(), again })
      return () => stops.get(name)?.stop()
    },
    acquire: (...args) => bus.acquire(...args),
    release: (...args) => bus.release(...args),
    put: (...args) => bus.put(...args),
    get: (...args) => bus.get(...args),
    forget: (...args) => bus.forget(...args),
    count: (...args) => bus.count(...args),
    takeToken: (...args) => bus.takeToken(...args),
    ping: () => bus.ping(),
    close: () => bus.close(),
  }
  const become = async (wanted: boolean) => {
    isCut = wanted
    for (const each of stops.values()) {
      if (wanted) each.stop()
      else each.stop = await each.again()
    }
    if (!wanted) for (const doubt of doubters) doubt()
  }
  return { bus: cut, cut: () => become(true), restore: () => become(false) }
}

describe('a node that is cut off', () => {
  it('is not counted, and applies the revocations when it is back', async () => {
    const shareWith = memoryBus()
    const one = await startNode(memoryBus({ shareWith }))
    const joint = cuttable(memoryBus({ shareWith }))
    const other = await startNode(joint.bus)
    const [eve, ada] = [await other.openAs('eve'), await other.openAs('ada')]
    await joint.cut()
    expect(await one.tidings.disconnect({ principal: 'eve' })).toEqual({ connections: 0, nodes: 1 })
    expect(eve.isOver()).toBe(false)
    await joint.restore()
    await until(eve.isOver, 'it was done')
    expect(ada.isOver()).toBe(false)
  })

  it('challenges all its clients when the bus no longer keeps the revocations', async () => {
    const shareWith = memoryBus()
    const one = await startNode(memoryBus({ shareWith }))
    const joint = cuttable(memoryBus({ shareWith }))
    const other = await startNode(joint.bus)
    const [shared, plain] = [await other.openAs('ada'), await other.openAs('ada', '/ticks')]
    await joint.cut()
    const revoking = Array.from({ length: 3_000 }, (_, n) => one.tidings.disconnect({ principal: `p${n}` }))
    await Promise.all(revoking)
    await joint.restore()
    await until(() => shared.text().includes('$reauthorize'), 'authentication was requested')
    await until(plain.isOver, 'it was ended')
    expect(shared.isOver()).toBe(false)
  })

  it('applies revocations once it can read them, when it could not at its start', async () => {
    const shareWith = memoryBus()
    const one = await startNode(memoryBus({ shareWith }))
    await one.tidings.disconnect({ principal: 'nobody' })
    const joint = cuttable(memoryBus({ shareWith }))
    await joint.cut()
    const other = await startNode(joint.bus)
    const eve = await other.openAs('eve')
    await one.tidings.disconnect({ principal: 'eve' })
    await joint.restore()
    await until(eve.isOver, 'it was done')
  })
})

describe.skipIf(!hasRedis)('nodes whose Redis loses its data', () => {
  it('apply the revocations they missed, and none twice', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const one = await startNode(redisBus({ url: server.url }))
    const joint = cuttable(redisBus({ url: server.url }))
    const other = await startNode(joint.bus)
    const eve = await other.openAs('eve')
    await joint.cut()
    expect(await one.tidings.disconnect({ principal: 'eve' })).toEqual({ connections: 0, nodes: 1 })
    await server.restart({ keepData: false })
    await joint.restore()
    await until(eve.isOver, 'it was done')
    const [again, back] = [await one.openAs('eve'), await other.openAs('eve')]
    expect(await other.tidings.disconnect({ principal: 'ada' })).toEqual({ connections: 0, nodes: 2 })
    expect([again.isOver(), back.isOver()]).toEqual([false, false])
  })
})

describe('without a bus', () => {
  it('a filter applies to the single node', async () => {
    const { tidings, openAs } = await startNode()
    const streams = [await openAs('eve'), await openAs('ada')]
    expect(await tidings.disconnect({ principal: 'eve' })).toEqual({ connections: 1, nodes: 1 })
    await until(() => streams[0]?.isOver() === true, 'it was over')
    expect(await tidings.reauthorize({ principal: 'ada' })).toEqual({ connections: 1, nodes: 1 })
  })

  it.each<[which: unknown, message: string]>([
    [undefined, 'disconnect: the filter is missing. Give { principal }, { topic }, both, or a predicate'],
    [{}, 'disconnect: the filter is empty. Give { principal }, { topic }, or both'],
    [{ principal: undefined }, 'disconnect: principal is missing. Give a string'],
    [{ topic: 'ticks', principal: undefined }, 'disconnect: principal is missing. Give a string'],
    [{ principal: 7 }, 'disconnect: principal is a value of type number. Give a string'],
    [{ user: 'eve' }, 'disconnect: the filter has unknown key "user". Expected one of principal, topic'],
    [{ topic: 'nothing?a=1' }, 'The contract has no channel "nothing"'],
  ])('refuses %j', async (which, message) => {
    const { tidings } = await startNode()
    await expect(tidings.disconnect(which as ConnectionFilter)).rejects.toThrow(message)
  })
})
