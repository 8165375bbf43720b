import { createHash } from 'node:crypto'
import { hasRedis, startRedis } from '@tidings/test-kit/redis'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { libraryName, librarySource } from '../../src/lib/bus/redis/library.js'
import { redisBus } from '../../src/redis.js'

const keep = { size: 10, ms: 60_000 }
const body = (n: number) => `event: tested\ndata: ${n}\n\n`

/** A server to which another version of the package has loaded its functions, under a name of its own. */
async function start(other: string, source: string) {
  const redis = await startRedis()
  const client = await createClient({ url: redis.url }).connect()
  await client.sendCommand(['FUNCTION', 'LOAD', source])
  const bus = redisBus({ url: redis.url })
  onTestFinished(async () => {
    client.destroy()
    await bus.close()
    await redis.stop()
  })
  let batch = 0
  /** Appends as a node of the other version does. */
  async function appendByOther(topic: string, text: string): Promise<void> {
    batch += 1
    const name = `tidings:{${topic}}`
    const keys = [`${name}:head`, `${name}:log`, `${name}:by:other`]
    const args = [`other-${batch}`, String(batch), '10', '60000', `${name}:news`, text]
    await client.sendCommand(['FCALL', `${other}_append`, '3', ...keys, ...args])
  }
  return { bus, client, appendByOther }
}

it("the library's name is derived from its source", () => {
  const anonymous = librarySource.replaceAll(libraryName, '')
  expect(libraryName).toBe(`tidings_${createHash('sha256').update(anonymous).digest('hex').slice(0, 16)}`)
})

it.skipIf(!hasRedis)('a node does not call the functions of another version', async () => {
  const source = `#!lua name=tidings_1
local function broken() return redis.error_reply('of another version') end
redis.register_function('tidings_1_append', broken)
redis.register_function('tidings_1_read', broken)`
  const { bus } = await start('tidings_1', source)
  const { epoch } = await bus.read('topic', keep)
  await bus.append('topic', body(1), keep)
  expect((await bus.read('topic', keep, { epoch, seq: 0 })).events).toMatchObject([{ body: body(1) }])
})

it.skipIf(!hasRedis)('nodes of two versions share topics and their epochs', async () => {
  const other = 'tidings_0123456789abcdef'
  const { bus, appendByOther } = await start(other, librarySource.replaceAll(libraryName, other))
  const { epoch } = await bus.read('topic', keep)
  for (let n = 1; n <= 6; n += 2) {
    await bus.append('topic', body(n), keep)
    await appendByOther('topic', body(n + 1))
  }
  const page = await bus.read('topic', keep, { epoch, seq: 0 })
  expect(page.epoch).toBe(epoch)
  expect(page.events.map((event) => event.body)).toEqual([1, 2, 3, 4, 5, 6].map(body))
})
