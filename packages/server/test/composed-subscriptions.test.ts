import { TidingsError } from '@tidings/core'
import type { ControlOperation } from '@tidings/core/wire'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { type Bus, createServer, implement, memoryBus } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, openShared } from './harness.js'

interface Seen {
  readonly procedure: string
  readonly params: unknown
  readonly agent: string | null
  readonly hasRequest: boolean
  readonly isRenewal: boolean
}

/** A server whose middleware admits `ada`, unless she is banned, to its topics. */
async function start(bus?: Bus) {
  const seen: Seen[] = []
  const banned = new Set<string>()
  const app = implement(contract, {
    context: ({ headers }) => ({ user: headers.get('authorization') }),
    principal: () => 'all',
  }).use(({ context, procedure, params, headers, request, isRenewal, next }) => {
    const agent = headers.get('x-agent')
    seen.push({ procedure: procedure.path, params, agent, hasRequest: request !== undefined, isRenewal })
    if (context.user === null) throw new TidingsError({ code: 'unauthorized' })
    if (banned.has(context.user)) throw new TidingsError({ code: 'forbidden', message: 'You are banned' })
    return next({ context: { user: context.user } })
  })
  const part = app.handlers(contract, {
    room: {
      authorize: ({ params, context }) => params.roomId !== context.user,
      snapshot: () => ({ messages: [] }),
    },
    send: () => ({ text: '', sentAt: new Date(0) }),
    admin: { ping: () => {}, count: async () => ({ total: 0 }) },
  })
  const tidings = createServer(app, bus ? { bus } : {}, part)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, seen, banned, url: await mount(expressHandler(tidings)) }
}

async function connect(url: string, at = url) {
  const { stream, control } = await openShared(url, {}, at)
  return {
    stream,
    control: async (operations: ControlOperation[], headers: Record<string, string>) =>
      (await control(operations, headers)).results,
  }
}

const ada = { authorization: 'ada' }
const lobby: ControlOperation = { subscribe: 'room?roomId=lobby' }

describe('middleware of a channel', () => {
  it('refuses a single-topic connection, and sees what authorize refuses', async () => {
    const { url, seen } = await start()
    expect((await fetch(`${url}/room?roomId=lobby`)).status).toBe(401)
    expect((await fetch(`${url}/room?roomId=ada`, { headers: ada })).status).toBe(403)
    expect((await fetch(`${url}/room?roomId=lobby`, { method: 'HEAD' })).status).toBe(401)
    const room = await open(`${url}/room?roomId=lobby`, { headers: { ...ada, 'x-agent': 'test' } })
    expect(await room.count(2)).toMatchObject([{ event: '$open' }, { event: '$snapshot' }])
    expect(seen.at(-1)).toEqual({
      procedure: 'room',
      params: { roomId: 'lobby' },
      agent: 'test',
      hasRequest: true,
      isRenewal: false,
    })
  })

  it('refuses single topics of a shared connection', async () => {
    const { url, seen } = await start()
    const { control } = await connect(url)
    expect(await control([lobby], {})).toMatchObject([
      { status: 'refused', problem: { code: 'unauthorized' } },
    ])
    const both = await control([lobby, { subscribe: 'room?roomId=ada' }], ada)
    expect(both).toMatchObject([
      { status: 'accepted' },
      { status: 'refused', problem: { code: 'forbidden' } },
    ])
    expect(seen).toMatchObject([{ hasRequest: true }, { hasRequest: true }, { hasRequest: true }])
  })

  it('runs again when the client authenticates again, with the new request', async () => {
    const { tidings, url, seen, banned } = await start()
    const { stream, control } = await connect(url)
    await control([lobby], { ...ada, 'x-agent': 'first' })
    banned.add('ada')
    await tidings.reauthorize({ principal: 'all' })
    await until(() => stream.events.some(({ event }) => event === '$reauthorize'), 'the client was asked')
    await control([], { ...ada, 'x-agent': 'second' })
    await until(() => stream.events.some(({ event }) => event === '$error'), 'the topic was refused')
    const { data } = stream.events.find(({ event }) => event === '$error') ?? {}
    expect(JSON.parse(data ?? '')).toMatchObject({
      code: 'forbidden',
      detail: 'You are banned',
      topic: 'room?roomId=lobby',
    })
    expect(seen.map(({ agent, hasRequest, isRenewal }) => [agent, hasRequest, isRenewal])).toEqual([
      ['first', true, false],
      ['second', true, true],
    ])
  })

  it('receives no host request for a control request that another node forwarded', async () => {
    const memory = memoryBus()
    const one = await start(memoryBus({ shareWith: memory }))
    const two = await start(memoryBus({ shareWith: memory }))
    const { control } = await connect(one.url, two.url)
    expect(await control([lobby], { ...ada, 'x-agent': 'test' })).toMatchObject([{ status: 'accepted' }])
    expect(one.seen).toEqual([
      { procedure: 'room', params: { roomId: 'lobby' }, agent: 'test', hasRequest: false, isRenewal: false },
    ])
    expect(two.seen).toEqual([])
  })
})
