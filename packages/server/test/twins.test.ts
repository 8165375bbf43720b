import { channel, defineContract } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type Handlers, memoryBus, type ServerOptions } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, post } from './harness.js'

const handlers: Handlers<typeof contract, undefined> = {
  room: { snapshot: () => ({ messages: [] }) },
  send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
  admin: { ping: () => {}, count: async () => ({ total: 0 }) },
}

async function start(options: ServerOptions<undefined> = {}) {
  const errors: [message: string, place: string][] = []
  const onError: ServerOptions<undefined>['onError'] = (error, { place }) => {
    errors.push([(error as Error).message, place])
  }
  const tidings = createServer(contract, { onError, ...options }, handlers)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors, url: await mount(expressHandler(tidings)) }
}

async function connectionOf(url: string): Promise<string> {
  const [first] = await (await open(url)).count(1)
  return JSON.parse(first?.data ?? '').id
}

/** Waits until the clock has moved on, for what is opened in one millisecond may have been opened before or after. */
async function laterOn(): Promise<void> {
  const now = Date.now()
  await until(() => Date.now() > now, 'the clock had moved on')
}

describe('a control request for a connection of another process', () => {
  const control = (url: string, id: string) => post(`${url}/$connections/${id}`, { operations: [] })

  it('is reported once, with a remedy, when both run side by side', async () => {
    const other = await start()
    const one = await start()
    await laterOn()
    const ids = [await connectionOf(other.url), await connectionOf(other.url)]
    for (const id of ids) expect((await control(one.url, id)).status).toBe(410)
    expect(one.errors).toEqual([
      [
        expect.stringMatching(
          /^A control request names a connection that another process opened after this one started.*bus: redisBus\(\{ url \}\)/,
        ),
        '$connections',
      ],
    ])
    expect(other.errors).toEqual([])
  })

  it('is not reported for an earlier process, as after a restart', async () => {
    const other = await start()
    const id = await connectionOf(other.url)
    await laterOn()
    const one = await start()
    expect((await control(one.url, id)).status).toBe(410)
    expect(one.errors).toEqual([])
  })

  it('is not reported for its own closed connection, nor for an invalid id', async () => {
    const { url, errors } = await start()
    const id = await connectionOf(url)
    const [node, at, secret] = id.split('.')
    const tomorrow = (Date.now() + 86_400_000).toString(36)
    const made = [
      `${node}.${at}.${'x'.repeat(22)}`,
      'x',
      `${'x'.repeat(8)}.${tomorrow}.${secret}`,
      `${'x'.repeat(8)}.-.${secret}`,
      `${'x'.repeat(8)}.${at}`,
    ]
    for (const each of made) expect((await control(url, each)).status).toBe(410)
    expect(errors).toEqual([])
  })

  it('is not reported with a bus', async () => {
    const other = await start()
    const one = await start({ bus: memoryBus() })
    await laterOn()
    expect((await control(one.url, await connectionOf(other.url))).status).toBe(410)
    expect(one.errors).toEqual([])
  })
})

describe('a contract that is served twice in one process', () => {
  it('is reported once when events are emitted on one and subscribed to on the other', async () => {
    const [one, other] = [await start(), await start()]
    const stream = await open(`${other.url}/ticks`)
    await stream.count(1)
    await other.tidings.emit.ticks().tick(1)
    await one.tidings.emit.room({ roomId: 'a' }).typing('ada')
    expect([one.errors, other.errors]).toEqual([[], []])
    await one.tidings.emit.ticks().tick(2)
    await one.tidings.emit.ticks().tick(3)
    expect(one.errors).toEqual([
      [
        'An event of "ticks" was emitted on a server that has no subscribers for it, while another server of the same contract in this process has some. If modules are loaded twice, as Next.js does in development, keep the server in `globalThis`; otherwise give both a bus: memoryBus()',
        'ticks',
      ],
    ])
    expect(other.errors).toEqual([])
  })

  it('is not reported when the emitting server has subscribers as well', async () => {
    const [one, other] = [await start(), await start()]
    for (const { url } of [one, other]) await (await open(`${url}/ticks`)).count(1)
    await one.tidings.emit.ticks().tick(1)
    expect(one.errors).toEqual([])
  })

  it('is not reported for a closed server, a server with a bus, or another contract', async () => {
    const different = defineContract({ ticks: channel({ events: { tock: z.number() } }) })
    const errors: unknown[] = []
    const tidings = createServer(different, { onError: (error) => errors.push(error) }, {})
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const [one, closed, bussed] = [await start(), await start(), await start({ bus: memoryBus() })]
    for (const { url } of [closed, bussed]) await (await open(`${url}/ticks`)).count(1)
    await closed.tidings.close({ drainMs: 0 })
    await one.tidings.emit.ticks().tick(1)
    await tidings.emit.ticks().tock(1)
    expect([one.errors, errors]).toEqual([[], []])
  })

  it('is not reported in Cloudflare Workers, where each Durable Object has a server', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    onTestFinished(() => void vi.unstubAllGlobals())
    const [one, other] = [await start(), await start()]
    await (await open(`${other.url}/ticks`)).count(1)
    await one.tidings.emit.ticks().tick(1)
    expect(one.errors).toEqual([])
  })

  it('does not keep a server from garbage collection', async () => {
    const make = () => new WeakRef(createServer(contract, handlers))
    const servers = [make(), make(), make()]
    await until(() => {
      globalThis.gc?.()
      return servers.every((server) => server.deref() === undefined)
    }, 'they were collected')
  })
})
