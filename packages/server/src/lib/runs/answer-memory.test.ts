import { expect, it } from 'vitest'
import type { CompleteAnswer } from '../http/http.js'
import { AnswerMemory } from './answer-memory.js'

const left = new AbortController().signal
const answer = (body = ''): CompleteAnswer => ({ kind: 'complete', status: 200, headers: {}, body })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function start(ms: number) {
  const memory = new AnswerMemory(ms)
  const runs: string[] = []
  const ask = (owner: string, key: string, run: () => Promise<CompleteAnswer> = async () => answer()) =>
    memory.once({ owner, key, body: 1, left }, () => {
      runs.push(`${owner} ${key}`)
      return run()
    })
  return { ask, runs }
}

it('forgets nobody for what somebody else has asked', async () => {
  const { ask, runs } = start(60_000)
  await ask('ada', 'pay')
  for (let n = 0; n < 10_001; n += 1) await ask('eve', `${n}`)
  await ask('ada', 'pay')
  expect(runs.filter((run) => run === 'ada pay')).toHaveLength(1)
})

it('takes no more memory than it may, however long the answers are', async () => {
  const { ask, runs } = start(60_000)
  const long = answer('x'.repeat(1024 * 1024))
  for (let n = 0; n < 65; n += 1) await ask(`user ${n}`, 'k', async () => long)
  await ask('user 64', 'k')
  await ask('user 0', 'k')
  expect(runs).toHaveLength(66)
})

it('forgets in time, though something older took longer', async () => {
  const { ask, runs } = start(100)
  const slow = ask('ada', 'slow', () => pause(180).then(() => answer()))
  await ask('ada', 'quick')
  await slow
  await ask('ada', 'quick')
  expect(runs).toEqual(['ada slow', 'ada quick', 'ada quick'])
})

it('remembers no failure to run, and tells those who wait', async () => {
  const { ask, runs } = start(60_000)
  const broken = () => Promise.reject(new Error('no answer'))
  const asked = await Promise.allSettled([ask('ada', 'k', broken), ask('ada', 'k')])
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await ask('ada', 'k')).toEqual(answer())
  expect(runs).toHaveLength(2)
})
