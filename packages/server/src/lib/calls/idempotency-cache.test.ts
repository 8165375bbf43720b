import { pause } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import { memoryBus } from '../bus/memory-bus.js'
import type { CompleteResponse } from '../http/adapter.js'
import { IdempotencyCache, type IdempotentRequest } from './idempotency-cache.js'

const left = new AbortController().signal
const response = (body = ''): CompleteResponse => ({ kind: 'complete', status: 200, headers: {}, body })
const longest = response('x'.repeat(64 * 1024))

type Request = Pick<IdempotentRequest, 'account' | 'key'> & Partial<IdempotentRequest>

function start(bus = memoryBus()) {
  const runs: string[] = []
  const newNode = (withBus = true) => {
    const cache = new IdempotencyCache(withBus ? bus : undefined)
    return (given: Request, execute: () => Promise<CompleteResponse> = async () => response()) => {
      const { account, key } = given
      const request = { owner: account, address: account, body: 1, ms: 60_000, left, ...given }
      return cache.run(request, () => {
        runs.push(`${account} ${key}`)
        return execute()
      })
    }
  }
  return { send: newNode(false), newNode, runs }
}

it('does not drop the response of one account to make room for another', async () => {
  const { send, runs } = start()
  await send({ account: 'ada', key: 'pay' })
  for (let n = 0; n < 10_001; n += 1) await send({ account: 'eve', key: `${n}` })
  await send({ account: 'ada', key: 'pay' })
  expect(runs.filter((run) => run === 'ada pay')).toHaveLength(1)
})

it('keeps a thousand responses or 2 MiB for each account, and drops the oldest', async () => {
  for (const [kept, body] of [
    [1_000, response()],
    [31, longest],
  ] as const) {
    const { send, runs } = start()
    for (let n = 0; n <= kept; n += 1) await send({ account: 'eve', key: `${n}` }, async () => body)
    runs.length = 0
    for (let n = 1; n <= kept; n += 1) await send({ account: 'eve', key: `${n}` })
    expect(runs).toEqual([])
    await send({ account: 'eve', key: '0' })
    expect(runs).toEqual(['eve 0'])
  }
})

it('keeps 32 MiB in all, and drops responses of the address with the most', async () => {
  const { send, runs } = start()
  await send({ account: 'ada', key: 'pay' })
  // A new account for each request, as from a caller that makes up credentials.
  const requests = Array.from({ length: 600 }, (_, n) => ({
    account: `eve ${n}`,
    key: 'k',
    address: '10.0.0.1',
  }))
  for (const request of requests) await send(request, async () => longest)
  runs.length = 0
  await send({ account: 'ada', key: 'pay' })
  await send(requests.at(-1) as Request)
  expect(runs).toEqual([])
  // 32 MiB hold 504 of them.
  for (const request of requests.slice(-500)) await send(request)
  expect(runs).toEqual([])
  await send(requests[90] as Request)
  expect(runs).toEqual(['eve 90 k'])
})

it('removes from the bus the responses it drops, but not those of another node', async () => {
  const { newNode, runs } = start()
  const [one, other] = [newNode(), newNode()]
  await other({ account: 'eve', key: 'of the other node' })
  // The first node reads it from the bus, and does not store it.
  await one({ account: 'eve', key: 'of the other node' })
  for (let n = 0; n <= 1_000; n += 1) await one({ account: 'eve', key: `${n}` })
  runs.length = 0
  for (const key of ['of the other node', '1', '1000']) await newNode()({ account: 'eve', key })
  expect(runs).toEqual([])
  await newNode()({ account: 'eve', key: '0' })
  expect(runs).toEqual(['eve 0'])
})

it.each([
  ['in memory', false],
  ['with a bus', true],
])('does not keep a response that is too long, and rejects its retries %s', async (_, withBus) => {
  const { newNode, runs } = start()
  const request = { account: 'ada', key: 'report' }
  const [one, other] = [newNode(withBus), newNode(withBus)]
  const long = response('ä'.repeat(32 * 1024 + 1))
  const both = await Promise.all([one(request, async () => long), one(request)])
  expect(both).toEqual([long, long])
  const message = 'The command has run, but its response of 65538 bytes was not kept for retries'
  for (const node of withBus ? [one, other] : [one]) {
    await expect(node(request)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(message),
    })
  }
  await expect(one({ ...request, body: 2 })).rejects.toThrow('was used for another request')
  expect(runs).toHaveLength(1)
})

it.each([
  ['in memory', false],
  ['with a bus', true],
])('keeps no response for a command that keeps them for 0 ms %s', async (_, withBus) => {
  const { newNode, runs } = start()
  const node = newNode(withBus)
  const request = { account: 'ada', key: 'read', ms: 0 }
  await Promise.all([node(request, () => pause(5).then(() => longest)), node(request)])
  expect(runs).toHaveLength(1)
  await node(request)
  expect(runs).toHaveLength(2)
  await newNode(withBus)(request)
  expect(runs).toHaveLength(3)
})

it('expires each response after its own time, regardless of order', async () => {
  const { send, runs } = start()
  await send({ account: 'ada', key: 'long' })
  await send({ account: 'ada', key: 'short', ms: 20 })
  await pause(30)
  for (const key of ['long', 'short']) await send({ account: 'ada', key })
  expect(runs).toEqual(['ada long', 'ada short', 'ada short'])
})

it('shares the failure of an execution with its callers, and runs the next request again', async () => {
  const { send, runs } = start()
  const broken = () => Promise.reject(new Error('no response'))
  const request = { account: 'ada', key: 'k' }
  const outcomes = await Promise.allSettled([send(request, broken), send(request)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await send(request)).toEqual(response())
  expect(runs).toHaveLength(2)
})
