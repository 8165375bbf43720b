import { pause, until } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import type { Run } from '../src/index.js'
import { connect, startServer } from './harness.js'

type Numbers = Run<{ number: number }, { total: number }>

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** A client of a server whose runs count until they are aborted, in logs that keep the last events. */
async function start(delayMs: number, maxBytes: number) {
  const count = async function* ({ signal }: { signal: AbortSignal }) {
    for (let data = 1; !signal.aborted; data += 1) {
      yield { type: 'number', data } as const
      if (delayMs > 0) await pause(delayMs)
    }
    return { total: 0 }
  }
  const { url, tidings } = await startServer({ count: { run: count, maxBytes } })
  return { ...connect(url), tidings }
}

/** Reads a run, and returns what it has yielded so far in `got`. */
function reading(run: Numbers) {
  const got: number[] = []
  const over = (async () => {
    for await (const { data } of run) got.push(data)
  })()
  over.catch(() => {})
  return { got, over }
}

it('a loop goes on after its client has attached to the run, whose beginning is gone', async () => {
  const { client, errors } = await start(1, 20_000)
  const run = client.count({ to: 1 })
  const { got, over } = reading(run)
  await until(() => got.length > 1_000, 'the beginning was dropped')
  await expect(client.count.attach(run.id).output).rejects.toMatchObject({ code: 'gone' })
  await expect(reading(run).over).rejects.toMatchObject({ code: 'gone' })
  const { length } = got
  await until(() => got.length > length + 100, 'the loop went on')
  expect(got).toEqual(upTo(got.length))
  await run.cancel()
  for (const promise of [over, run.output]) await expect(promise).rejects.toMatchObject({ code: 'cancelled' })
  expect(errors).toEqual([])
})

it('a loop goes on after a slower one of the same run needed events that are gone', async () => {
  const { client, tidings } = await start(0, 500_000)
  const run = client.count({ to: 1 })
  const slow = run[Symbol.asyncIterator]()
  const { got } = reading(run)
  await until(() => got.length > 30_000, 'the slow loop was left behind')
  const received: number[] = []
  const readSlowly = async () => {
    for (let next = await slow.next(); !next.done; next = await slow.next()) received.push(next.value.data)
  }
  await expect(readSlowly()).rejects.toMatchObject({ code: 'gone' })
  expect(received.length).toBeGreaterThan(10_000)
  expect(received).toEqual(upTo(received.length))
  const { length } = got
  await until(() => got.length > length + 1_000, 'the other loop went on')
  expect(got).toEqual(upTo(got.length))
  run[Symbol.dispose]()
  await until(() => tidings.stats().subscriptions === 0, 'the run was left')
})
