import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { type Bus, type ConnectionPredicate, createServer, memoryBus } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, openShared } from './harness.js'

/** Holds up each that passes, until it is opened for all. */
class Gate {
  count = 0
  isClosed = false
  readonly #waiting: (() => void)[] = []

  async pass(): Promise<void> {
    this.count += 1
    if (this.isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  open(): void {
    this.isClosed = false
    for (const resolve of this.#waiting) resolve()
  }
}

/** A server where eve is admitted until she is banned; each verdict is reached before its gate. */
async function start(bus?: Bus) {
  const gates = { context: new Gate(), authorize: new Gate() }
  const banned = new Set<string>()
  const tidings = createServer(
    contract,
    {
      ...(bus && { bus }),
      context: async ({ headers }) => {
        const user = headers.get('x-user') ?? ''
        const isBanned = banned.has(user)
        await gates.context.pass()
        if (isBanned) throw new TidingsError({ code: 'unauthorized', message: 'You are banned' })
        return { user }
      },
      principal: ({ user }) => user,
    },
    {
      room: {
        snapshot: () => ({ messages: ['secret'] }),
        authorize: async ({ context }) => {
          const isAllowed = !banned.has(context.user)
          await gates.authorize.pass()
          return isAllowed
        },
      },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const headers = { 'x-user': 'eve' }
  return {
    tidings,
    url,
    gates,
    ban: () => void banned.add('eve'),
    open: (path = '') => open(`${url}${path}`, { headers }),
  }
}

const room = '/room?roomId=a'
const key = 'room?roomId=a'
const kinds = ['disconnect', 'reauthorize'] as const

const predicates: readonly [what: string, predicate: ConnectionPredicate][] = [
  ['its principal', ({ principal }) => principal === 'eve'],
  ['its topic', ({ topics }) => topics.includes(key)],
]

describe.each(kinds)('%s', (kind) => {
  it.each(predicates)(
    'asks a request again whose topic is being authorised, by %s',
    async (_by, predicate) => {
      const { tidings, gates, ban, open } = await start()
      gates.authorize.isClosed = true
      const opening = open(room)
      await until(() => gates.authorize.count === 1, 'it was being authorised')
      expect(tidings[kind](({ principal }) => principal === 'ada')).toBe(0)
      ban()
      expect(tidings[kind](predicate)).toBe(1)
      gates.authorize.open()
      expect((await opening).response.status).toBe(401)
      expect(tidings.stats()).toMatchObject({ connections: 0, bytes: 0 })
    },
  )

  it.each(['', room])('admits a request again whose context is being created: %s', async (path) => {
    const { tidings, gates, ban, open } = await start()
    gates.context.isClosed = true
    const opening = open(path)
    await until(() => gates.context.count === 1, 'its context was being made')
    ban()
    tidings[kind](({ principal }) => principal === 'eve')
    gates.context.open()
    // As somebody who is banned, or by `authorize`, which knows of it already.
    expect([401, 403]).toContain((await opening).response.status)
    expect(tidings.stats().connections).toBe(0)
  })

  it('admits a request again whose topic is being read from the bus', async () => {
    const reading = new Gate()
    const bus = memoryBus()
    const read = bus.read.bind(bus)
    bus.read = async (topic, ...rest) => {
      if (topic === key) await reading.pass()
      return read(topic, ...rest)
    }
    const { tidings, ban, open } = await start(bus)
    reading.isClosed = true
    const opening = open(room)
    await until(() => reading.count === 1, 'it was read')
    ban()
    expect(tidings[kind](({ principal }) => principal === 'eve')).toBe(1)
    reading.open()
    expect((await opening).response.status).toBe(401)
    expect(tidings.stats().connections).toBe(0)
  })

  it('opens a request that is still allowed', async () => {
    const { tidings, gates, open } = await start()
    gates.authorize.isClosed = true
    const opening = open(room)
    await until(() => gates.authorize.count === 1, 'it was being authorised')
    expect(tidings[kind](() => true)).toBe(1)
    gates.authorize.open()
    const stream = await opening
    await stream.count(2)
    expect([stream.response.status, gates.authorize.count]).toEqual([200, 2])
  })

  it('ends a request that is revoked each time it is admitted again', async () => {
    const { tidings, gates, open } = await start()
    gates.authorize.isClosed = true
    const opening = open(room)
    for (let asked = 1; asked <= 3; asked += 1) {
      await until(() => gates.authorize.count === asked, 'it was being authorised')
      expect(tidings[kind](() => true)).toBe(1)
      gates.authorize.open()
      gates.authorize.isClosed = asked < 3
    }
    const stream = await opening
    await until(stream.isOver, 'it was over')
    expect(stream.text()).not.toContain('secret')
    expect(tidings.stats().connections).toBe(0)
  })

  it('does not count requests that ended', async () => {
    const { tidings, ban, open } = await start()
    ban()
    expect((await open(room)).response.status).toBe(401)
    expect(tidings[kind](() => true)).toBe(0)
  })
})

describe('a control request', () => {
  async function connect() {
    const server = await start()
    const { stream, control } = await openShared(server.url, { 'x-user': 'eve' })
    return { ...server, stream, control }
  }

  it('is authenticated again when its topic is revoked meanwhile', async () => {
    const { tidings, gates, ban, control, stream } = await connect()
    gates.context.isClosed = true
    const controlling = control([{ subscribe: key }])
    await until(() => gates.context.count === 2, 'its context was being made')
    ban()
    // No connection carries it yet.
    expect(tidings.disconnect(({ topics }) => topics.includes(key))).toBe(0)
    gates.context.open()
    expect((await controlling).status).toBe(401)
    expect(stream.text()).not.toContain('secret')
  })

  it('is part of its connection while its topic is authorised', async () => {
    const { tidings, gates, control, stream } = await connect()
    gates.authorize.isClosed = true
    const controlling = control([{ subscribe: key }])
    await until(() => gates.authorize.count === 1, 'it was being authorised')
    expect(tidings.disconnect(({ topics }) => topics.includes(key))).toBe(1)
    gates.authorize.open()
    expect((await controlling).results).toMatchObject([
      { status: 'refused', problem: { code: 'unavailable' } },
    ])
    await until(stream.isOver, 'it was over')
    expect(stream.text()).not.toContain('secret')
  })

  it('is authorised again with credentials that arrive meanwhile', async () => {
    const { tidings, gates, ban, control, stream } = await connect()
    gates.authorize.isClosed = true
    const controlling = control([{ subscribe: key }])
    await until(() => gates.authorize.count === 1, 'it was being authorised')
    expect(tidings.reauthorize(({ topics }) => topics.includes(key))).toBe(1)
    await until(() => stream.text().includes('$reauthorize'), 'authentication was requested')
    await control([])
    ban()
    gates.authorize.open()
    expect((await controlling).results).toMatchObject([{ status: 'refused', problem: { code: 'forbidden' } }])
    expect(stream.text()).not.toContain('secret')
  })

  it('is authorised again if its client is challenged meanwhile', async () => {
    const { tidings, gates, ban, control, stream } = await connect()
    gates.authorize.isClosed = true
    const controlling = control([{ subscribe: key }])
    await until(() => gates.authorize.count === 1, 'it was being authorised')
    ban()
    expect(tidings.reauthorize(({ topics }) => topics.includes(key))).toBe(1)
    gates.authorize.open()
    expect((await controlling).results).toMatchObject([{ status: 'refused', problem: { code: 'forbidden' } }])
    expect(gates.authorize.count).toBe(2)
    expect(stream.text()).not.toContain('secret')
  })

  it('opens its topic if it is still allowed after a challenge', async () => {
    const { tidings, gates, control } = await connect()
    gates.authorize.isClosed = true
    const controlling = control([{ subscribe: key }])
    await until(() => gates.authorize.count === 1, 'it was being authorised')
    tidings.reauthorize(({ topics }) => topics.includes(key))
    gates.authorize.open()
    expect((await controlling).results).toMatchObject([{ status: 'accepted' }])
    expect(gates.authorize.count).toBe(2)
  })

  it('is refused if its client is challenged each time it is authorised', async () => {
    const { tidings, gates, control, stream } = await connect()
    gates.authorize.isClosed = true
    const controlling = control([{ subscribe: key }])
    for (let asked = 1; asked <= 3; asked += 1) {
      await until(() => gates.authorize.count === asked, 'it was being authorised')
      tidings.reauthorize(({ topics }) => topics.includes(key))
      gates.authorize.open()
      gates.authorize.isClosed = asked < 3
    }
    expect((await controlling).results).toMatchObject([
      { status: 'refused', problem: { code: 'unavailable' } },
    ])
    expect(stream.text()).not.toContain('secret')
  })
})
