import { expect, it } from 'vitest'
import { memoryBus } from '../bus/memory-bus.js'
import type { CompleteResponse } from '../http/adapter.js'
import { IdempotencyCache, type IdempotentRequest } from './idempotency-cache.js'

const left = new AbortController().signal
const answer = (body = ''): CompleteResponse => ({ kind: 'complete', status: 200, headers: {}, body })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const longest = answer('x'.repeat(64 * 1024))

type Ask = Pick<IdempotentRequest, 'account' | 'key'> & Partial<IdempotentRequest>

function start(bus = memoryBus()) {
  const runs: string[] = []
  const newNode = (withBus = true) => {
    const memory = new IdempotencyCache(withBus ? bus : undefined)
    return (asked: Ask, run: () => Promise<CompleteResponse> = async () => answer()) => {
      const { account, key } = asked
      const request = { owner: account, address: account, body: 1, ms: 60_000, left, ...asked }
      return memory.once(request, () => {
        runs.push(`${account} ${key}`)
        return run()
      })
    }
  }
  return { ask: newNode(false), newNode, runs }
}

it('forgets no answer of one account for those of another', async () => {
  const { ask, runs } = start()
  await ask({ account: 'ada', key: 'pay' })
  for (let n = 0; n < 10_001; n += 1) await ask({ account: 'eve', key: `${n}` })
  await ask({ account: 'ada', key: 'pay' })
  expect(runs.filter((run) => run === 'ada pay')).toHaveLength(1)
})

it('keeps a thousand answers of an account, and 2 MiB, and forgets the oldest', async () => {
  for (const [kept, body] of [
    [1_000, answer()],
    [31, longest],
  ] as const) {
    const { ask, runs } = start()
    for (let n = 0; n <= kept; n += 1) await ask({ account: 'eve', key: `${n}` }, async () => body)
    runs.length = 0
    for (let n = 1; n <= kept; n += 1) await ask({ account: 'eve', key: `${n}` })
    expect(runs).toEqual([])
    await ask({ account: 'eve', key: '0' })
    expect(runs).toEqual(['eve 0'])
  }
})

it('keeps 32 MiB in all, and makes room at the expense of the address that has most', async () => {
  const { ask, runs } = start()
  await ask({ account: 'ada', key: 'pay' })
  // Accounts without end, as of a caller that makes up credentials.
  const asked = Array.from({ length: 600 }, (_, n) => ({
    account: `eve ${n}`,
    key: 'k',
    address: '10.0.0.1',
  }))
  for (const each of asked) await ask(each, async () => longest)
  runs.length = 0
  await ask({ account: 'ada', key: 'pay' })
  await ask(asked.at(-1) as Ask)
  expect(runs).toEqual([])
  // 32 MiB are 504 of them.
  for (const each of asked.slice(-500)) await ask(each)
  expect(runs).toEqual([])
  await ask(asked[90] as Ask)
  expect(runs).toEqual(['eve 90 k'])
})

it('forgets on the bus what it forgets itself, and nothing that another node keeps', async () => {
  const { newNode, runs } = start()
  const [one, other] = [newNode(), newNode()]
  await other({ account: 'eve', key: 'of the other' })
  // It is the bus' and the other node's: the first only asks for it.
  await one({ account: 'eve', key: 'of the other' })
  for (let n = 0; n <= 1_000; n += 1) await one({ account: 'eve', key: `${n}` })
  runs.length = 0
  for (const key of ['of the other', '1', '1000']) await newNode()({ account: 'eve', key })
  expect(runs).toEqual([])
  await newNode()({ account: 'eve', key: '0' })
  expect(runs).toEqual(['eve 0'])
})

it.each([
  ['in memory', false],
  ['with a bus', true],
])('does not keep an answer that is too long, and tells a retry that it has run, %s', async (_, withBus) => {
  const { newNode, runs } = start()
  const asked = { account: 'ada', key: 'report' }
  const [one, other] = [newNode(withBus), newNode(withBus)]
  const long = answer('ä'.repeat(32 * 1024 + 1))
  const both = await Promise.all([one(asked, async () => long), one(asked)])
  expect(both).toEqual([long, long])
  const message = 'The command has run, but its answer of 65538 bytes was not kept for retries'
  for (const node of withBus ? [one, other] : [one]) {
    await expect(node(asked)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(message),
    })
  }
  await expect(one({ ...asked, body: 2 })).rejects.toThrow('was used for another request')
  expect(runs).toHaveLength(1)
})

it.each([
  ['in memory', false],
  ['with a bus', true],
])('keeps nothing of a command that is not to be kept, %s', async (_, withBus) => {
  const { newNode, runs } = start()
  const node = newNode(withBus)
  const asked = { account: 'ada', key: 'read', ms: 0 }
  await Promise.all([node(asked, () => pause(5).then(() => longest)), node(asked)])
  expect(runs).toHaveLength(1)
  await node(asked)
  expect(runs).toHaveLength(2)
  await newNode(withBus)(asked)
  expect(runs).toHaveLength(3)
})

it('forgets each answer in its own time, whatever was asked first', async () => {
  const { ask, runs } = start()
  await ask({ account: 'ada', key: 'long' })
  await ask({ account: 'ada', key: 'short', ms: 20 })
  await pause(30)
  for (const key of ['long', 'short']) await ask({ account: 'ada', key })
  expect(runs).toEqual(['ada long', 'ada short', 'ada short'])
})

it('keeps no failure to run, and tells those who wait', async () => {
  const { ask, runs } = start()
  const broken = () => Promise.reject(new Error('no answer'))
  const asked = { account: 'ada', key: 'k' }
  const outcomes = await Promise.allSettled([ask(asked, broken), ask(asked)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await ask(asked)).toEqual(answer())
  expect(runs).toHaveLength(2)
})
