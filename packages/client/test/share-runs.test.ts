import { pause, until } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import type { Run } from '../src/index.js'
import { connect, startServer } from './harness.js'
import { fakeLocks } from './locks.js'

type Numbers = Run<{ number: number }, { total: number }>

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** A server, and tabs that share a connection to it: clients of one process, with locks of the test's own. */
async function start({ lingerMs = 5_000, maxBytes = 4_000_000 } = {}) {
  fakeLocks()
  const state = { running: 0, ended: 0 }
  const server = await startServer({
    count: {
      lingerMs,
      maxBytes,
      run: async ({ input, emit, signal, fail }) => {
        state.running += 1
        try {
          for (let n = 1; n <= input.to && !signal.aborted; n += 1) {
            await emit.number(n)
            await pause(1)
          }
          if (input.to === 7) throw fail('tooMany', { max: 6, at: new Date(9) })
        } finally {
          state.running -= 1
          state.ended += 1
        }
        return { total: input.to }
      },
    },
  })
  /** Opens a tab, and waits until it is connected. */
  const tab = async () => {
    const { client, isOpen } = connect(server.url, { share: true, lingerMs: 60_000 })
    client.ticks().on('tick', () => {})
    await isOpen()
    return client
  }
  return { ...server, state, tab }
}

/** Reads a run, and returns what it has yielded so far in `got`. */
function reading(run: Numbers) {
  const got: number[] = []
  const over = (async () => {
    for await (const { data } of run) got.push(data)
    return got
  })()
  over.catch(() => {})
  return { got, over }
}

it('tabs share a run, each from its beginning, on one connection', async () => {
  const { tab, tidings, requests } = await start()
  const [leader, second, third] = [await tab(), await tab(), await tab()]
  const run = second.count({ to: 300 })
  const first = reading(run)
  await until(() => first.got.length > 50, 'it was under way')
  const others = [leader, third, second].map((client) => reading(client.count.attach(run.id)))
  for (const { over } of [first, ...others]) expect(await over).toEqual(upTo(300))
  expect(await run.output).toEqual({ total: 300 })
  expect(await third.count.attach(run.id).output).toEqual({ total: 300 })
  expect(requests.filter(({ method }) => method === 'GET')).toHaveLength(1)
  await until(() => tidings.stats().subscriptions === 1, 'the runs were forgotten')
})

it('a declared error of a run reaches every tab with its data', async () => {
  const { tab } = await start()
  const [leader, second] = [await tab(), await tab()]
  const run = leader.count({ to: 7 })
  const failure = { code: 'tooMany', data: { max: 6, at: new Date(9) } }
  await expect(reading(run).over).rejects.toMatchObject(failure)
  await expect(second.count.attach(run.id).output).rejects.toMatchObject(failure)
})

it('a run continues in a tab when the tab that leads is closed', async () => {
  const { tab, state } = await start()
  const [leader, second] = [await tab(), await tab()]
  const run = second.count({ to: 300 })
  const { got, over } = reading(run)
  await until(() => got.length > 20, 'it was under way')
  leader.close()
  expect(await over).toEqual(upTo(300))
  expect(state.ended).toBe(1)
})

it('a run is ended at once by the last tab that leaves it', async () => {
  const { tab, state } = await start({ lingerMs: 60_000 })
  const [leader, second] = [await tab(), await tab()]
  const run = second.count({ to: 100_000 })
  const here = reading(run)
  const other = leader.count.attach(run.id)
  const there = reading(other)
  await until(() => here.got.length > 20 && there.got.length > 20, 'both read it')
  run[Symbol.dispose]()
  const before = there.got.length
  await until(() => there.got.length > before + 20, 'the other read on')
  expect(state.running).toBe(1)
  other[Symbol.dispose]()
  await until(() => state.running === 0, 'it had ended')
})

it('a run waits for a tab that vanished, and does not end at once', async () => {
  const { tab, state } = await start({ lingerMs: 5_000 })
  const [, second] = [await tab(), await tab()]
  const run = second.count({ to: 100_000 })
  const before = reading(run)
  await until(() => before.got.length > 20, 'it was under way')
  // As if it had been reloaded: it says nothing, and its lock is free.
  second.close()
  const again = await tab()
  const resumed = again.count.attach(run.id)
  const after = reading(resumed)
  await until(() => after.got.length > before.got.length + 20, 'it was read further')
  expect(after.got).toEqual(upTo(after.got.length))
  expect(state).toEqual({ running: 1, ended: 0 })
  await resumed.cancel()
  await expect(after.over).rejects.toMatchObject({ code: 'cancelled' })
})

it('a run goes on in every tab when its beginning is gone for one that attaches', async () => {
  const { tab, state } = await start({ maxBytes: 20_000 })
  const [leader, second, third] = [await tab(), await tab(), await tab()]
  const run = second.count({ to: 100_000 })
  const readers = [reading(run), reading(leader.count.attach(run.id))]
  const haveRead = (count: number) =>
    until(() => readers.every(({ got }) => got.length > count), `${count} events`)
  await haveRead(1_000)
  for (const client of [third, second, leader]) {
    await expect(client.count.attach(run.id).output).rejects.toMatchObject({ code: 'gone' })
    await haveRead(Math.max(...readers.map(({ got }) => got.length)) + 50)
  }
  for (const { got } of readers) expect(got).toEqual(upTo(got.length))
  expect(state).toEqual({ running: 1, ended: 0 })
})
