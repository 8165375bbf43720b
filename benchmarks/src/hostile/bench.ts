/**
 * Measures how much one hostile client makes a server hold: `npm run bench:hostile`, in the root of the
 * repository.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Child } from '../lib/child.js'
import { writeFigures } from '../lib/figures.js'
import { describe, machine } from '../lib/machine.js'
import { digits, markdownTable } from '../lib/table.js'
import type { Usage } from '../lib/usage.js'
import { startRedis } from '../redis/own-redis.js'
import { type Attack, attacks } from './attacks.js'
import type { HostileCommands } from './node.js'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, only: { type: 'string' } },
})
const seconds = Number(values.seconds)
if (!(seconds >= 1))
  throw new Error(`--seconds is ${values.seconds}. Give the duration of each attack, such as --seconds 60`)
const chosen = values.only?.split(',') ?? attacks.map(({ name }) => name)
const unknown = chosen.filter((name) => !attacks.some((attack) => attack.name === name))
if (unknown.length > 0) {
  throw new Error(`There is no ${unknown.join(', ')}. Attacks: ${attacks.map(({ name }) => name).join(', ')}`)
}

type Redis = Awaited<ReturnType<typeof startRedis>>

interface Outcome {
  readonly before: Usage
  readonly after: Usage
  readonly outcomes: string
  readonly redis: { readonly before: number; readonly peak: number; readonly after: number } | undefined
  readonly emits: boolean
}

async function usedMemory(redis: Redis | undefined): Promise<number> {
  if (!redis) return 0
  const info = String(await redis.client.info('memory'))
  return Number(/used_memory:(\d+)/.exec(info)?.[1])
}

async function measure(attack: Attack): Promise<Outcome> {
  const redis = attack.needsRedis ? await startRedis() : undefined
  const server = new Child<HostileCommands>(
    '@tidings/benchmarks/hostile-node',
    `the server under ${attack.name}`,
    redis ? [redis.url] : [],
  )
  try {
    const port = await server.call('listen')
    const before = await server.call('begin')
    const redisBefore = await usedMemory(redis)
    let redisPeak = redisBefore
    const counts = new Map<string, number>()
    const signal = AbortSignal.timeout(seconds * 1_000)
    // Each of many thousand requests adds a listener, which stays until the request is collected.
    setMaxListeners(0, signal)
    const count = (outcome: string) => counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    const attacked = attack.run({ port, signal, count }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    while (!signal.aborted) {
      await sleep(500)
      redisPeak = Math.max(redisPeak, await usedMemory(redis))
    }
    await attacked
    const after = await server.call('usage')
    const emits = await server.call('emit')
    const outcomes = [...counts].map(([outcome, times]) => `${times.toLocaleString('en')} × ${outcome}`)
    const redisFigures = redis && { before: redisBefore, peak: redisPeak, after: await usedMemory(redis) }
    return { before, after, outcomes: outcomes.join(', '), redis: redisFigures, emits }
  } finally {
    await server.end()
    await redis?.stop()
  }
}

const mib = (bytes: number) => `${digits(bytes / 2 ** 20)} MiB`
const rows: string[][] = []
for (const attack of attacks.filter(({ name }) => chosen.includes(name))) {
  const row = await measure(attack).then(
    ({ before, after, redis, outcomes, emits }) => [
      mib(after.heap - before.heap),
      mib(after.peakRss - before.rss),
      redis ? `${mib(redis.peak - redis.before)}, ${mib(redis.after - redis.before)}` : '',
      `${digits(after.blockedMs)} ms`,
      emits ? outcomes : `${outcomes}; **emits are refused**`,
    ],
    (error: Error) => ['', '', '', '', `**the server died**: ${error.message.split('\n')[0]}`],
  )
  rows.push([`${attack.name}: ${attack.title}`, ...row])
  console.error(`${attack.name}: ${row.join(' | ')}`)
}
const header = [
  'one client that',
  'held',
  'RSS at the most',
  'Redis at the most, after',
  'loop blocked',
  'responses',
]
const figures = `${describe(machine())}; ${seconds} s each.\n\n${markdownTable([header, ...rows])}`
console.log(`\n### What one hostile client costs\n\n${figures}\n`)
if (chosen.length === attacks.length) {
  await writeFigures(new URL('../../../README.md', import.meta.url), 'hostile', figures)
}
