import { channel, defineContract } from '@tidings/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createEmitter, createServer, memoryBus, type ServerOptions } from '../src/index.js'
import { mount, open, post } from './harness.js'

const contract = defineContract({
  room: channel({ params: { roomId: z.string() }, events: { typing: z.string() } }),
  box: channel({ params: { at: z.object({ x: z.number() }) }, events: { moved: z.number() } }),
})

async function start(options: ServerOptions<undefined> = {}) {
  let asked = 0
  const authorize = () => {
    asked += 1
    return true
  }
  const tidings = createServer(contract, options, { room: { authorize } })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const stream = await open(url)
  const { id } = JSON.parse((await stream.count(1))[0]?.data ?? '')
  return { tidings, url, stream, control: `${url}/$connections/${id}`, asked: () => asked }
}

/** The name of a room, so that the topic's key is so long. */
const roomWith = (keyLength: number) => 'x'.repeat(keyLength - 'room?roomId='.length)

it('refuses a topic whose key is too long, on a connection of its own', async () => {
  const { url, asked } = await start()
  const refused = await fetch(`${url}/room?roomId=${roomWith(4_097)}`)
  expect(refused.status).toBe(400)
  expect(await refused.json()).toMatchObject({
    code: 'bad_request',
    detail:
      'The key of this topic of "room" is 4097 bytes long, and the limit is 4096. Use shorter params, or raise limits.topicKeyBytes',
  })
  expect(asked()).toBe(0)
  const accepted = await open(`${url}/room?roomId=${roomWith(4_096)}`)
  expect(accepted.response.status).toBe(200)
})

it.each([
  ['as it was sent', 'x'.repeat(100_000)],
  ['in its canonical form', 'é'.repeat(1_000)],
])('refuses one in a control request, alone, that is too long %s', async (_how, name) => {
  const { control, asked, tidings } = await start()
  const key = `room?roomId=${name}`
  const operations = [
    { subscribe: key },
    { snapshot: key },
    { unsubscribe: key },
    { subscribe: 'room?roomId=a' },
  ]
  const { status, body } = await post(control, { operations })
  expect(status).toBe(200)
  const tooLong = {
    status: 'refused',
    problem: { code: 'bad_request', detail: expect.stringContaining('4096') },
  }
  expect(body.results).toMatchObject([tooLong, tooLong, tooLong, { status: 'accepted' }])
  expect(JSON.stringify(body).length).toBeLessThan(2_000)
  expect(asked()).toBe(1)
  expect(tidings.stats().topics).toBe(1)
})

it('does not repeat a long name that is not a channel', async () => {
  const { control } = await start()
  const { body } = await post(control, { operations: [{ subscribe: 'x'.repeat(100_000) }] })
  expect(body.results).toMatchObject([{ status: 'refused', problem: { code: 'not_found' } }])
  expect(JSON.stringify(body).length).toBeLessThan(500)
})

describe('an emit to a topic that no client can subscribe to', () => {
  const tooLong = { roomId: roomWith(101) }
  const unpaired = { roomId: '\ud800' }

  it.each([
    ['is too long', tooLong, 'is 101 bytes long, and the limit is 100'],
    ['cannot be put in a URL', unpaired, 'A URL cannot contain an unpaired surrogate'],
  ])(
    'rejects where its key %s, which is safe to ignore, and tells onError',
    async (_what, params, reason) => {
      const told: unknown[] = []
      const onError = (error: unknown) => told.push(error)
      const expected = expect.objectContaining({
        code: 'bad_request',
        message: expect.stringContaining(reason),
      })
      const { tidings } = await start({ limits: { topicKeyBytes: 100 }, onError })
      await expect(tidings.emit.room(params).typing('ada')).rejects.toThrow(expected)
      void tidings.emit.room(params).typing('ada')
      expect(told).toEqual([expected, expected])
      expect(() => tidings.emit.room(params).typing(1 as never)).toThrow(
        expect.objectContaining({ code: 'invalid_output' }),
      )
      await tidings.emit.room({ roomId: roomWith(100) }).typing('ada')

      const { emit, close } = createEmitter(contract, { bus: memoryBus(), topicKeyBytes: 100, onError })
      onTestFinished(close)
      await expect(emit.room(params).typing('ada')).rejects.toThrow(expected)
      expect(told).toHaveLength(3)
      await emit.room({ roomId: roomWith(100) }).typing('ada')
    },
  )
})

it('keeps the name of a topic once, however many connections carry it', async () => {
  const { url, tidings } = await start()
  const key = `room?roomId=${roomWith(4_096)}`
  const controls: string[] = []
  for (let n = 0; n < 50; n += 1) {
    const stream = await open(url)
    controls.push(`${url}/$connections/${JSON.parse((await stream.count(1))[0]?.data ?? '').id}`)
  }
  // For what is made by the first and stays.
  await post(controls[0] ?? '', { operations: [{ subscribe: 'room?roomId=a' }] })
  const used = () => {
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const before = used()
  const others = Array.from({ length: 100 }, (_, n) => key.slice(0, -3) + String(n).padStart(3, '0'))
  for (const control of controls) {
    const { body } = await post(control, { operations: others.map((subscribe) => ({ subscribe })) })
    expect(body.results[99].status).toBe('accepted')
  }
  expect(tidings.stats().subscriptions).toBe(5_001)
  // 5,000 names of 4 KiB would be 20 MiB, and the streams that this test reads hold as much.
  const perSubscription = (used() - before) / 5_000
  expect(perSubscription).toBeLessThan(8_000)
})

it.each([0, -1, Number.NaN, '1'])('takes no topicKeyBytes of %s', (topicKeyBytes) => {
  const limits = { topicKeyBytes: topicKeyBytes as number }
  expect(() => createServer(contract, { limits }, {})).toThrow('limits.topicKeyBytes is')
})
