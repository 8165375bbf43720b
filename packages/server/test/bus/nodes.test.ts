import { pause, until } from '@tidings/test-kit'
import { hasRedis, type RedisServer, startRedis } from '@tidings/test-kit/redis'
import type { EventSourceMessage } from 'eventsource-parser'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../../src/express.js'
import {
  type Bus,
  createEmitter,
  createServer,
  type Handlers,
  memoryBus,
  type ServerOptions,
} from '../../src/index.js'
import { redisBus } from '../../src/redis.js'
import { contract } from '../contract.js'
import { mount, open, post } from '../harness.js'
import { startCluster, startSentinels } from './redis-topologies.js'
import { sharedBuses } from './shared-buses.js'

type HandlersOf = Handlers<typeof contract, string>
type Options = Partial<ServerOptions<string>>

/** A node of a service: a server of its own, on a bus that others are on as well. */
async function startNode(bus: Bus, options: Options = {}, own: Partial<HandlersOf> = {}) {
  const errors: unknown[] = []
  const tidings = createServer(
    contract,
    {
      bus,
      context: ({ headers }) => headers.get('x-user') ?? '',
      principal: (user) => user || undefined,
      onError: (error) => errors.push(error),
      ...options,
    },
    {
      room: { snapshot: () => ({ messages: ['old'] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
      ...own,
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  return { tidings, url, errors }
}

const json = (text: string | undefined) => JSON.parse(text ?? 'null')
describe.each(sharedBuses())('nodes on one bus in $what', ({ connect }) => {
  it('deliver events of each other in order, once', async () => {
    const one = await startNode(connect())
    const other = await startNode(connect())
    const streams = await Promise.all([one, other].map(({ url }) => open(`${url}/ticks`)))
    for (const stream of streams) await stream.count(1)
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => (n % 2 ? one : other).tidings.emit.ticks().tick(n)),
    )
    const [first, second] = await Promise.all(streams.map((stream) => stream.count(101)))
    expect(first?.map(({ id }) => id)).toEqual(second?.map(({ id }) => id))
    const numbers = first?.slice(1).map(({ data }) => Number(data)) ?? []
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
    const odd = numbers.filter((n) => n % 2)
    expect(odd).toEqual([...odd].sort((a, b) => a - b))
  })

  it('continue a page that another node has rendered', async () => {
    const one = await startNode(connect())
    const other = await startNode(connect())
    const rendered = { roomId: 'rendered' }
    // Without and with an event before.
    for (const text of ['first', 'second']) {
      const { value, cursor } = await one.tidings.snapshot.room(rendered)
      expect(value).toEqual({ messages: ['old'] })
      await other.tidings.emit.room(rendered).message({ text, sentAt: new Date(0) })
      const stream = await open(`${other.url}/room?roomId=rendered&lastEventId=${cursor}`)
      const [, event] = await stream.count(2)
      expect([event?.event, json(event?.data).text]).toEqual(['message', text])
      stream.leave()
    }
  })

  it('resume from a cursor of another node', async () => {
    const one = await startNode(connect())
    const other = await startNode(connect())
    const stream = await open(`${one.url}/room?roomId=resumed`)
    await stream.count(2)
    const room = () => one.tidings.emit.room({ roomId: 'resumed' })
    await room().typing('1')
    await stream.count(3)
    stream.leave()
    for (const n of ['2', '3', '4']) await room().typing(n)
    const resumed = await open(`${other.url}/room?roomId=resumed`, {
      headers: { 'last-event-id': stream.events[2]?.id ?? '' },
    })
    await resumed.count(4)
    await other.tidings.emit.room({ roomId: 'resumed' }).typing('5')
    const events = await resumed.count(5)
    expect(events.slice(1).map(({ event, data }) => [event, data])).toEqual([
      ['typing', '"2"'],
      ['typing', '"3"'],
      ['typing', '"4"'],
      ['typing', '"5"'],
    ])
  })

  it('forward control requests to each other, and respond at once for a closed node', async () => {
    const one = await startNode(connect())
    const other = await startNode(connect())
    const stream = await open(one.url, { headers: { 'x-user': 'ada' } })
    const [first] = await stream.count(1)
    const path = `$connections/${json(first?.data).id}`
    const control = (operations: object[], user = 'ada', url = other.url) =>
      post(`${url}/${path}`, { operations }, { 'x-user': user })
    expect(await control([{ subscribe: 'ticks' }, { subscribe: 'nothing' }])).toMatchObject({
      status: 200,
      body: { results: [{ status: 'accepted' }, { status: 'refused', problem: { code: 'not_found' } }] },
    })
    await other.tidings.emit.ticks().tick(1)
    await until(() => stream.events.some(({ event }) => event === 'tick'), 'it came')
    expect((await control([], 'eve')).status).toBe(410)
    expect((await post(`${other.url}/${path}x`, { operations: [] }, { 'x-user': 'ada' })).status).toBe(410)
    await one.tidings.close({ drainMs: 0 })
    const startedAt = performance.now()
    expect((await control([])).status).toBe(410)
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  })

  it('ignore messages that they cannot read', async () => {
    const bus = connect()
    const one = await startNode(bus)
    const stream = await open(one.url)
    const [first] = await stream.count(1)
    const { id } = json(first?.data)
    const [nodeId] = id.split('.')
    for (const text of [
      '',
      'text',
      'null',
      '{}',
      '{"ask":1}',
      '{"ask":1,"from":"x","request":{"headers":1}}',
    ]) {
      expect(await bus.send(`node:${nodeId}`, text)).toBe(1)
    }
    const other = await startNode(connect())
    expect((await post(`${other.url}/$connections/${id}`, { operations: [] })).status).toBe(200)
  })

  it('run a source on one node, and on the next when that closes', async () => {
    const running = new Set<string>()
    const start = (name: string) =>
      startNode(
        connect(),
        {},
        {
          ticks: {
            source: async ({ emit, signal }) => {
              running.add(name)
              for (let n = 0; !signal.aborted; n += 1) {
                await emit.tick(n)
                await pause(20)
              }
              running.delete(name)
            },
          },
        },
      )
    const nodes = { one: await start('one'), other: await start('other') }
    const streams = await Promise.all(Object.values(nodes).map(({ url }) => open(`${url}/ticks`)))
    for (const stream of streams) await stream.count(5)
    const [first] = [...running] as (keyof typeof nodes)[]
    expect(running.size).toBe(1)
    await nodes[first as keyof typeof nodes].tidings.close({ drainMs: 0 })
    const next = first === 'one' ? 'other' : 'one'
    await until(() => running.has(next), 'the next ran it')
    expect([...running]).toEqual([next])
  })

  it('run a source after the node that ran it died', async () => {
    const bus = connect()
    // It has not given it up, and says nothing any more.
    expect(await bus.acquire('source:ticks', 'a dead node', 1_500)).toBe(true)
    let runs = 0
    const source = () => {
      runs += 1
    }
    const node = await startNode(bus, {}, { ticks: { source } })
    const stream = await open(`${node.url}/ticks`)
    await stream.count(1)
    await pause(500)
    expect(runs).toBe(0)
    await until(() => runs === 1, 'it ran')
  })

  it('run a repeated command once, whichever nodes receive it', async () => {
    let runs = 0
    const send: HandlersOf['send'] = async ({ input }) => {
      runs += 1
      await pause(100)
      return { text: `${input.text} ${runs}`, sentAt: new Date(0) }
    }
    const one = await startNode(connect(), {}, { send })
    const other = await startNode(connect(), {}, { send })
    const call = ({ url }: { url: string }, text = 'hello', key = 'k') =>
      post(`${url}/send`, { text }, { 'idempotency-key': key, 'x-user': `ada ${connect}` })
    const answers = await Promise.all([call(one), call(other), call(one)])
    expect(answers.map(({ body }) => body.text)).toEqual(['hello 1', 'hello 1', 'hello 1'])
    expect((await call(other)).body.text).toBe('hello 1')
    expect((await call(other, 'other text')).status).toBe(409)
    expect((await call(other, 'hello', 'another key')).body.text).toBe('hello 2')
  })

  it('retry at once a command that a closing node did not begin', async () => {
    let runs = 0
    const send: HandlersOf['send'] = async ({ input }) => {
      runs += 1
      return { text: input.text, sentAt: new Date(0) }
    }
    const slow = connect()
    const acquire = slow.acquire.bind(slow)
    slow.acquire = async (...args) => {
      await pause(100)
      return acquire(...args)
    }
    const one = await startNode(slow, {}, { send })
    const other = await startNode(connect(), {}, { send })
    const call = (url: string) =>
      post(`${url}/send`, { text: 'x' }, { 'idempotency-key': 'closing', 'x-user': 'carol' })
    const early = call(one.url)
    await pause(30)
    await one.tidings.close({ drainMs: 0 })
    expect((await early).status).toBe(503)
    const startedAt = performance.now()
    expect((await call(other.url)).status).toBe(200)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(runs).toBe(1)
  })

  it("count a principal's connections on all nodes", async () => {
    const limits = { connectionsPerPrincipal: 2 }
    const one = await startNode(connect(), { limits })
    const other = await startNode(connect(), { limits })
    const user = { headers: { 'x-user': `bob of ${String(connect)}` } }
    const streams = [await open(one.url, user), await open(other.url, user)]
    const third = await open(other.url, user)
    expect([...streams, third].map(({ response }) => response.status)).toEqual([200, 200, 429])
    streams[0]?.leave()
    await until(() => one.tidings.stats().connections === 0, 'it was gone')
    await pause(50)
    expect((await open(other.url, user)).response.status).toBe(200)
  })

  it('report whether they are ready for clients', async () => {
    const one = await startNode(connect())
    const ask = async (query = '') => {
      const response = await fetch(`${one.url}/$health${query}`)
      return [response.status, await response.json()]
    }
    expect(await ask()).toEqual([200, { live: true, ready: true }])
    await one.tidings.close({ drainMs: 0 })
    expect(await ask()).toEqual([503, { live: true, ready: false }])
    expect(await ask('?live')).toEqual([200, { live: true, ready: false }])
  })

  it('deliver events of a process without a server', async () => {
    const one = await startNode(connect())
    const stream = await open(`${one.url}/ticks`)
    await stream.count(1)
    const emitter = createEmitter(contract, { bus: connect() })
    void emitter.emit.ticks().tick(1)
    void emitter.emit.ticks().tick(2)
    await emitter.close()
    await stream.count(3)
    expect(stream.events.slice(1).map(({ data }) => data)).toEqual(['1', '2'])
    await expect(emitter.emit.ticks().tick(3)).rejects.toThrow('The emitter is closed')
  })
})

it.each<[options: unknown, message: string]>([
  [undefined, 'options is missing. Give an object with any of bus, history'],
  [{}, 'bus is missing. Give the same bus as the servers: redisBus({ url })'],
  [{ bus: memoryBus(), histroy: {} }, 'options has unknown key "histroy". Expected one of bus, history'],
  [
    { bus: memoryBus(), history: { size: -1 } },
    'history.size is -1. Give a whole number of 0 or more, or Infinity',
  ],
  [{ bus: memoryBus(), onError: 'log' }, 'onError is a value of type string. Give a function'],
])('an emitter refuses invalid options: %j', (options, message) => {
  const make = () => createEmitter(contract, options as Parameters<typeof createEmitter>[1])
  expect(make).toThrow(`createEmitter: ${message}`)
})

it('an emitter reports a failed append to onError when no caller awaits it', async () => {
  const bus = memoryBus()
  const told: unknown[] = []
  const onError = (error: unknown, { place }: { place: string }) => told.push([error, place])
  const { emit, close } = createEmitter(contract, { bus, onError })
  onTestFinished(() => close())
  await bus.close()
  void emit.ticks().tick(1)
  await until(() => told.length === 1, 'onError was called')
  expect(told).toEqual([[expect.objectContaining({ code: 'unavailable' }), 'ticks']])
})

describe.skipIf(!hasRedis)('nodes whose Redis', () => {
  const start = async (): Promise<RedisServer> => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    return server
  }

  it('loses its data notify their subscribers, and continue', async () => {
    const server = await start()
    const one = await startNode(redisBus({ url: server.url }))
    const stream = await open(`${one.url}/room?roomId=lost`)
    await stream.count(2)
    await one.tidings.emit.room({ roomId: 'lost' }).typing('1')
    await stream.count(3)
    await server.restart({ keepData: false })
    await until(() => stream.events.some(({ event }) => event === '$gap'), 'the gap was announced')
    await one.tidings.emit.room({ roomId: 'lost' }).typing('2')
    const events = await stream.count(6)
    expect(events.slice(2).map(({ event }) => event)).toEqual(['typing', '$gap', '$snapshot', 'typing'])
    expect(JSON.parse(events[3]?.data ?? '')).toMatchObject({ reason: 'history_lost' })
  })

  it('does not respond refuse emits in time, and deliver them once it does', async () => {
    const server = await start()
    const one = await startNode(redisBus({ url: server.url, timeoutMs: 1_000 }))
    const stream = await open(`${one.url}/ticks`)
    await stream.count(1)
    await one.tidings.emit.ticks().tick(1)
    await stream.count(2)
    server.pause()
    const startedAt = performance.now()
    await expect(one.tidings.emit.ticks().tick(2)).rejects.toMatchObject({ code: 'unavailable' })
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    // Nobody waits for this one.
    void one.tidings.emit.ticks().tick(3)
    await until(() => one.errors.length === 2, 'both were told')
    expect(one.errors).toMatchObject([{ code: 'unavailable' }, { code: 'unavailable' }])
    await expect(open(`${one.url}/room?roomId=new`).then((s) => s.response.status)).resolves.toBe(503)
    expect(stream.isOver()).toBe(false)
    server.resume()
    await one.tidings.emit.ticks().tick(4)
    await until(() => stream.events.some(({ data }) => data === '4'), 'it came')
    // Those that were given up were done nonetheless: nobody can take them back.
    expect(stream.events.slice(1).map(({ data }) => data)).toEqual(['1', '2', '3', '4'])
  })

  it('cuts their connections miss no event, and receive none twice', async () => {
    const server = await start()
    const one = await startNode(redisBus({ url: server.url }))
    const other = await startNode(redisBus({ url: server.url }))
    const stream = await open(`${other.url}/ticks`)
    await stream.count(1)
    const resolved: number[] = []
    const emits: Promise<void>[] = []
    for (let n = 1; n <= 500; n += 1) {
      // On a busy machine, some may be given up.
      const emitted = one.tidings.emit.ticks().tick(n)
      emits.push(
        emitted.then(
          () => void resolved.push(n),
          () => {},
        ),
      )
      if (n % 100 === 50) server.cutConnections()
      if (n % 5 === 0) await pause(2)
    }
    await Promise.all(emits)
    const last = String(Math.max(...resolved))
    await until(() => stream.events.some(({ data }) => data === last), 'the last came')
    expectWhole(stream.events, resolved)
    expect(stream.events.filter(({ event }) => event === '$gap')).toEqual([])
  })

  it('is replaced by its replica notify their subscribers, and continue', async () => {
    const watched = await startSentinels()
    onTestFinished(() => watched.stop())
    const { sentinel } = watched
    const one = await startNode(redisBus({ sentinel, timeoutMs: 1_000 }))
    const other = await startNode(redisBus({ sentinel, timeoutMs: 1_000 }))
    const stream = await open(`${other.url}/ticks`)
    await stream.count(1)
    const emitting = keepEmitting(one, 20)
    await stream.count(10)
    await watched.master.stop()
    await until(() => stream.events.some(({ event }) => event === '$gap'), 'the gap was announced')
    const after = emitting.count()
    await until(() => stream.events.some(({ data }) => Number(data) > after + 10), 'it went on')
    emitting.stop()
    expectWhole(stream.events, emitting.resolved)
    expect(stream.events.filter(({ event }) => event === '$gap')).toHaveLength(1)
  })

  it('is replaced in a cluster notify their subscribers, and continue', async () => {
    const cluster = await startCluster()
    onTestFinished(async () => {
      await cluster.stop()
    })
    const master = await cluster.replicate('tidings:{ticks}:head')
    const connect = () => redisBus({ cluster: { rootNodes: cluster.rootNodes }, timeoutMs: 1_000 })
    const one = await startNode(connect())
    const other = await startNode(connect())
    const stream = await open(`${other.url}/ticks`)
    await stream.count(1)
    const emitting = keepEmitting(one, 20)
    await stream.count(10)
    await master.stop()
    await until(() => stream.events.some(({ event }) => event === '$gap'), 'the gap was announced')
    const after = emitting.count()
    await until(() => stream.events.some(({ data }) => Number(data) > after + 10), 'it went on')
    emitting.stop()
    expectWhole(stream.events, emitting.resolved)
  })

  it('moves their topic within a cluster miss no event without a gap', async () => {
    const cluster = await startCluster()
    onTestFinished(async () => {
      await cluster.stop()
    })
    const connect = () => redisBus({ cluster: { rootNodes: cluster.rootNodes } })
    const one = await startNode(connect())
    const other = await startNode(connect())
    const stream = await open(`${other.url}/ticks`)
    await stream.count(1)
    const emitting = keepEmitting(one, 10)
    await stream.count(10)
    await cluster.moveSlotOf('tidings:{ticks}:head')
    const after = emitting.count()
    await until(() => stream.events.some(({ data }) => Number(data) > after + 20), 'it went on')
    emitting.stop()
    expectWhole(stream.events, emitting.resolved)
  })
})

/** Has a node emit 1, 2, 3 and so on. */
function keepEmitting({ tidings }: Awaited<ReturnType<typeof startNode>>, everyMs: number) {
  const resolved: number[] = []
  let n = 0
  const timer = setInterval(() => {
    n += 1
    const own = n
    const emitted = tidings.emit.ticks().tick(own)
    emitted.then(
      () => resolved.push(own),
      () => {},
    )
  }, everyMs)
  const stop = () => clearInterval(timer)
  onTestFinished(stop)
  return { resolved, count: () => n, stop }
}

/** Whatever was resolved for came in order and once, save what a gap stands for. */
function expectWhole(events: readonly EventSourceMessage[], resolved: readonly number[]): void {
  const isResolved = new Set(resolved)
  let last = 0
  let isGap = false
  for (const { event, data } of events) {
    if (event === '$gap') isGap = true
    if (event !== 'tick') continue
    const n = Number(data)
    expect(n).toBeGreaterThan(last)
    for (let missing = last + 1; missing < n; missing += 1) {
      expect(isResolved.has(missing) && !isGap, `${missing} is missing`).toBe(false)
    }
    isGap = false
    last = n
  }
}
