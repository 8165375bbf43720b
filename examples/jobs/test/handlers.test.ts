import type { Client } from '@tidings/client'
import { createTestServer } from '@tidings/server/testing'
import { expect, it } from 'vitest'
import { contract } from '../src/contract.js'
import { jobHandlers } from '../src/server/handlers.js'
import { fold } from '../src/web/fold.js'
import { createGate } from './gate.js'

/** The jobs' handlers on a test server, and the gate that holds their work. */
function startJobs({ workers = 2, maxWaiting = 3 } = {}) {
  const gate = createGate()
  const server = createTestServer(contract, jobHandlers({ workers, maxWaiting, pause: gate.pause }))
  return { server, gate }
}

/** Follows the list of jobs, and returns their kinds and states. */
async function follow(client: Client<typeof contract>) {
  const list = client.jobs().state(fold)
  list.subscribe(() => {})
  await list.ready
  return () => list.value?.jobs.map(({ kind, state }) => `${kind} ${state}`)
}

/** Reads a run of a job, and returns its events as they come. */
function read(run: AsyncIterable<{ type: string; data: unknown }>) {
  const events: unknown[] = []
  void (async () => {
    for await (const { data } of run) events.push(data)
  })().catch(() => {})
  return events
}

it('runs two jobs at a time, and tells the others how many are ahead', async () => {
  const { server, gate } = startJobs()
  await using _ = server
  const ada = server.client()
  const states = await follow(server.client())
  const runs = [ada.work({ kind: 'images' }), ada.work({ kind: 'rows' })]
  await expect.poll(states).toEqual(['images running', 'rows running'])
  const next = ada.work({ kind: 'images' })
  const waiting = read(next)
  await expect.poll(() => waiting).toEqual([{ ahead: 0 }])
  const last = ada.work({ kind: 'rows' })
  const behind = read(last)
  await expect.poll(() => behind).toEqual([{ ahead: 1 }])
  expect(states()).toEqual(['images running', 'rows running', 'images waiting', 'rows waiting'])
  await runs[0]?.cancel()
  await expect.poll(states).toEqual(['images cancelled', 'rows running', 'images running', 'rows waiting'])
  await expect.poll(() => behind).toEqual([{ ahead: 1 }, { ahead: 0 }])
  gate.allow(Number.POSITIVE_INFINITY)
  expect(await last.output).toMatchObject({ items: 10_000 })
  await expect.poll(states).toEqual(['images cancelled', 'rows done', 'images done', 'rows done'])
  expect(await next.output).toMatchObject({ items: 40 })
  await expect.poll(() => waiting.length).toBe(41)
  expect(waiting.slice(0, 3)).toEqual([
    { ahead: 0 },
    { done: 0, total: 40, item: 'photo-01.jpg' },
    { done: 1, total: 40, item: 'photo-02.jpg' },
  ])
})

it('gives the turn of a waiting job that is cancelled to the next', async () => {
  const { server, gate } = startJobs({ workers: 1 })
  await using _ = server
  const ada = server.client()
  const states = await follow(ada)
  const first = ada.work({ kind: 'images' })
  await expect.poll(states).toHaveLength(1)
  const second = ada.work({ kind: 'rows' })
  await expect.poll(states).toHaveLength(2)
  const third = ada.work({ kind: 'images' })
  const behind = read(third)
  await expect.poll(() => behind).toEqual([{ ahead: 1 }])
  await second.cancel()
  await expect(second.output).rejects.toMatchObject({ code: 'cancelled' })
  await expect.poll(() => behind).toEqual([{ ahead: 1 }, { ahead: 0 }])
  gate.allow(Number.POSITIVE_INFINITY)
  await third.output
  expect(await first.output).toMatchObject({ items: 40 })
  await expect.poll(states).toEqual(['images done', 'rows cancelled', 'images done'])
})

it('fails with the item that could not be handled, at 60 %', async () => {
  const { server, gate } = startJobs()
  await using _ = server
  const ada = server.client()
  const states = await follow(ada)
  gate.allow(Number.POSITIVE_INFINITY)
  const run = ada.work({ kind: 'failing' })
  const error = await run.output.catch((failure: unknown) => failure)
  expect(error).toMatchObject({ code: 'item_failed', data: { item: 'invoice-31.pdf', done: 30 } })
  await expect.poll(states).toEqual(['failing failed'])
})

it('continues without readers, and a later client reads the job from its beginning', async () => {
  const { server, gate } = startJobs()
  await using _ = server
  const ada = server.client()
  const states = await follow(server.client())
  const run = ada.work({ kind: 'images' })
  const seen = read(run)
  await expect.poll(() => seen.length).toBe(1)
  ada.close()
  await server.clock.advance(600_000)
  gate.allow(Number.POSITIVE_INFINITY)
  await expect.poll(states).toEqual(['images done'])
  const again = server.client().work.attach(run.id)
  const all = read(again)
  expect(await again.output).toMatchObject({ items: 40 })
  await expect.poll(() => all.length).toBe(40)
})

it('starts a job once, although the response to its start was lost', async () => {
  const { server } = startJobs()
  await using _ = server
  const ada = server.client()
  const states = await follow(server.client())
  server.network.lose(ada, 'response')
  const run = ada.work({ kind: 'images' })
  const events = read(run)
  await server.clock.advance(10_000)
  await expect.poll(() => events.length).toBe(1)
  expect(states()).toEqual(['images running'])
})

it('refuses a job when the queue is full, and does not list it', async () => {
  const { server } = startJobs({ workers: 1, maxWaiting: 1 })
  await using _ = server
  const ada = server.client()
  const states = await follow(ada)
  ada.work({ kind: 'images' })
  await expect.poll(states).toEqual(['images running'])
  ada.work({ kind: 'images' })
  await expect.poll(states).toHaveLength(2)
  const refused = ada.work({ kind: 'images' })
  await expect(refused.output).rejects.toMatchObject({ code: 'queue_full', data: { limit: 1 } })
  expect(states()).toEqual(['images running', 'images waiting'])
})

it('lists the last 50 jobs that have ended, for an hour', async () => {
  const { server, gate } = startJobs()
  await using _ = server
  const ada = server.client()
  const states = await follow(ada)
  gate.allow(Number.POSITIVE_INFINITY)
  for (let count = 0; count < 51; count++) {
    await ada.work({ kind: count === 0 ? 'rows' : 'images' }).output
  }
  await expect.poll(states).toEqual(Array(50).fill('images done'))
  await server.clock.advance(3_600_000)
  await expect.poll(states).toEqual([])
})
