import { command, defineContract } from '@tidings/core'
import { hasRedis, startRedis } from '@tidings/test-kit/redis'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../../src/express.js'
import { createServer } from '../../src/index.js'
import { redisBus } from '../../src/redis.js'
import { mount, post } from '../harness.js'

const contract = defineContract({
  store: command({ input: z.object({ length: z.number() }), output: z.string() }),
})

async function start() {
  const redis = await startRedis()
  const client = await createClient({ url: redis.url }).connect()
  onTestFinished(async () => {
    client.destroy()
    await redis.stop()
  })
  let runs = 0
  async function startNode(): Promise<string> {
    const tidings = createServer(
      contract,
      {
        bus: redisBus({ url: redis.url, timeoutMs: 10_000 }),
        context: ({ headers }) => headers.get('authorization'),
        principal: (user) => user ?? undefined,
      },
      {
        store: ({ input }) => {
          runs += 1
          return 'x'.repeat(input.length)
        },
      },
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    return mount(expressHandler(tidings))
  }
  const ask = (url: string, length: number, key: string, user: string) =>
    post(`${url}/store`, { length }, { 'idempotency-key': key, authorization: user })
  const usedMemory = async () => Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))?.[1])
  return { startNode, ask, usedMemory, runs: () => runs }
}

const mebibyte = 1024 * 1024

it.skipIf(!hasRedis)(
  'long responses take no memory of Redis, and their commands do not run again',
  async () => {
    const { startNode, ask, usedMemory, runs } = await start()
    const [one, other] = [await startNode(), await startNode()]
    await ask(one, 1, 'first', 'ada')
    const before = await usedMemory()
    for (let n = 0; n < 200; n += 1) {
      expect((await ask(one, mebibyte, `${n}`, 'eve')).status).toBe(200)
    }
    expect((await usedMemory()) - before).toBeLessThan(mebibyte)
    for (const url of [one, other]) {
      const again = await ask(url, mebibyte, '199', 'eve')
      expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } })
    }
    expect(runs()).toBe(201)
  },
)

it.skipIf(!hasRedis)(
  'the responses of a caller in Redis are bounded, and the newest are there for every node',
  async () => {
    const { startNode, ask, usedMemory, runs } = await start()
    const [one, other] = [await startNode(), await startNode()]
    await ask(one, 1, 'first', 'ada')
    const before = await usedMemory()
    for (let n = 0; n < 200; n += 1) await ask(one, 60_000, `${n}`, 'eve')
    // Of 12 MB.
    expect((await usedMemory()) - before).toBeLessThan(4 * mebibyte)
    const done = runs()
    for (const [key, user, length] of [
      ['199', 'eve', 60_000],
      ['180', 'eve', 60_000],
      ['first', 'ada', 1],
    ] as const) {
      expect((await ask(other, length, key, user)).status).toBe(200)
    }
    expect(runs()).toBe(done)
    await ask(other, 60_000, '0', 'eve')
    expect(runs()).toBe(done + 1)
  },
)
