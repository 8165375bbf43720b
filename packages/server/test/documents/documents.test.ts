import { randomUUID } from 'node:crypto'
import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import { describe as describeContract, openApi } from '@tidings/core/describe'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../../src/express.js'
import { createServer } from '../../src/index.js'
import { mount } from '../harness.js'
import { DescribedApi } from './described-api.js'

const Note = z
  .object({
    text: z.string(),
    at: isoDate,
    get answers() {
      return z.array(Note)
    },
  })
  .meta({ id: 'Note' })

const contract = defineContract({
  clock: channel({ events: { tick: z.number(), stopped: undefined } }),
  boards: {
    board: channel({
      params: {
        boardId: z.string().min(1),
        page: z.number().int().default(1),
        open: z.boolean(),
        tags: z.array(z.string()),
        filter: z.object({ since: isoDate }),
        either: z.union([z.string(), z.number()]),
      },
      snapshot: z.object({ notes: z.array(Note) }),
      events: { note: Note, text: z.object({ text: z.string() }) },
    }),
  },
  rename: command({
    input: z.object({ to: z.string().min(1) }),
    output: z.object({ at: isoDate }),
    errors: { taken: z.object({ until: isoDate }), frozen: undefined },
  }),
  ping: command(),
  count: stream({
    input: z.object({ to: z.number().int() }),
    events: { number: z.number(), resting: undefined },
    output: z.object({ sum: z.number() }),
    errors: { too_far: z.object({ limit: z.number() }) },
  }),
})

const note = { text: 'hi', at: new Date(0), answers: [{ text: 'ho', at: new Date(1), answers: [] }] }
const topic = {
  boardId: 'a/b&c',
  page: 2,
  open: true,
  tags: ['x', 'y'],
  filter: { since: new Date(0) },
  either: '7',
}

async function start() {
  const tidings = createServer(
    contract,
    { onError: () => {} },
    {
      boards: {
        board: {
          snapshot: () => ({ notes: [note] }),
          authorize: ({ params }) => params.boardId !== 'secret',
        },
      },
      rename: ({ input, fail }) => {
        if (input.to === 'taken') throw fail('taken', { until: new Date(0) })
        if (input.to === 'frozen') throw fail('frozen')
        if (input.to === 'broken') throw new Error('broken')
        return { at: new Date(0) }
      },
      ping: () => {},
      count: async function* ({ input, fail, signal }) {
        if (input.to > 9) throw fail('too_far', { limit: 9 })
        for (let each = 1; each <= input.to; each += 1) yield { type: 'number', data: each }
        yield { type: 'resting' }
        if (input.to === 0) await new Promise((_, reject) => signal.addEventListener('abort', reject))
        return { sum: (input.to * (input.to + 1)) / 2 }
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const document = openApi(describeContract(contract), { title: 'Boards', version: '1', url })
  return { tidings, api: new DescribedApi(document) }
}

it('describes topics: their params, snapshots, events and gaps', async () => {
  const { tidings, api } = await start()
  const clock = await api.open('clock.subscribe')
  await clock.events(1)
  await tidings.emit.clock().tick(1)
  await tidings.emit.clock().stopped()
  expect((await clock.events(3)).slice(1)).toEqual([
    ['tick', 1],
    ['stopped', null],
  ])

  const query = { ...topic, filter: { since: topic.filter.since.toISOString() } }
  const board = await api.open('boards.board.subscribe', { query })
  await board.events(2)
  await tidings.emit.boards.board(topic).note(note)
  const events = await board.events(3)
  expect(events.map(([name]) => name)).toEqual(['$open', '$snapshot', 'note'])
  expect(events[2]?.[1]).toEqual(JSON.parse(JSON.stringify(note)))

  const missed = await api.open('boards.board.subscribe', { query, headers: { 'Last-Event-ID': 'old.7' } })
  expect((await missed.events(3)).map(([name]) => name)).toEqual(['$open', '$gap', '$snapshot'])
})

it('describes the refusals of topics', async () => {
  const { api } = await start()
  const query = { ...topic, filter: { since: topic.filter.since.toISOString() } }
  const refused = await api.call('boards.board.subscribe', { query: { ...query, boardId: 'secret' } })
  expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  const filter = { since: 'yesterday' }
  const misfit = await api.call('boards.board.subscribe', { query: { ...query, filter } })
  expect(misfit).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
})

it('describes commands: outputs, declared errors and refusals', async () => {
  const { api } = await start()
  const rename = async (body: unknown, headers = {}) => {
    const { status, body: answer } = await api.call('rename', { body, headers })
    return [status, (answer as { code?: string } | undefined)?.code]
  }
  expect(await rename({ to: 'x' })).toEqual([200, undefined])
  expect(await rename({ to: 'taken' })).toEqual([422, 'taken'])
  expect(await rename({ to: 'frozen' })).toEqual([422, 'frozen'])
  expect(await rename({ to: '' })).toEqual([400, 'invalid_input'])
  expect(await rename({ to: 'broken' })).toEqual([500, 'internal'])
  const key = { 'Idempotency-Key': randomUUID() }
  expect(await rename({ to: 'x' }, key)).toEqual([200, undefined])
  expect(await rename({ to: 'y' }, key)).toEqual([409, 'conflict'])
  expect(await rename({ to: 'x'.repeat(2_000_000) })).toEqual([413, 'payload_too_large'])
  expect((await api.call('ping')).status).toBe(204)
})

it('describes streams: runs that are started, read again and cancelled', async () => {
  const { api } = await start()
  const id = randomUUID()
  const started = await api.open('count.start', { body: { to: 2 }, headers: { 'Idempotency-Key': id } })
  const events = await started.events(5)
  expect(events.slice(1)).toEqual([
    ['number', 1],
    ['number', 2],
    ['resting', null],
    ['$output', { sum: 3 }],
  ])
  const again = await api.open('count.attach', { query: { $run: id } })
  expect((await again.events(5)).slice(1)).toEqual(events.slice(1))

  const failed = await api.open('count.start', { body: { to: 10 } })
  const end = (await failed.events(2))[1]
  expect(end).toMatchObject(['$error', { code: 'too_far', data: { limit: 9 } }])

  const other = randomUUID()
  const async = { Prefer: 'respond-async', 'Idempotency-Key': other }
  const accepted = await api.call('count.start', { body: { to: 0 }, headers: async })
  expect(accepted).toEqual({ status: 202, body: { run: other, subscribed: false } })
  const cancelled = await api.open('count.attach', { query: { $run: other } })
  expect((await api.call('$run.cancel', { path: { id: other } })).status).toBe(204)
  const [, ...rest] = await cancelled.events(3)
  expect(rest).toMatchObject([
    ['resting', null],
    ['$error', { code: 'cancelled' }],
  ])
  expect((await api.call('$run.cancel', { path: { id: randomUUID() } })).status).toBe(404)
  expect((await api.call('count.attach', { query: { $run: randomUUID() } })).status).toBe(404)
})

it('describes shared connections: their signals, control requests and results', async () => {
  const { tidings, api } = await start()
  const connection = await api.open('$connection.open')
  const [[, opened] = []] = await connection.events(1)
  const { id } = opened as { id: string }
  const change = (...operations: object[]) =>
    api.call('$connection.change', { path: { id }, body: { operations } })
  const board = `boards/board?${new URLSearchParams({
    boardId: 'b',
    either: '"7"',
    filter: JSON.stringify(topic.filter),
    open: 'true',
    tags: '[]',
  })}`
  const { body } = await change(
    { subscribe: 'clock' },
    { subscribe: board },
    { subscribe: 'nothing' },
    { echo: 'here', headers: ['content-type', 'x-none'] },
  )
  const { results } = body as { results: { status: string }[] }
  expect(results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'refused', 'done'])
  await tidings.emit.clock().tick(1)
  const names = async (count: number) => (await connection.events(count)).map(([name]) => name)
  expect((await names(6)).sort()).toEqual([
    '$echo',
    '$open',
    '$snapshot',
    '$subscribed',
    '$subscribed',
    'tick',
  ])
  expect((await change({ subscribe: 'clock', cursor: 'old.7' }, { snapshot: board })).body).toMatchObject({
    results: [{ status: 'gap' }, { status: 'done' }],
  })
  expect((await names(9)).slice(6).sort()).toEqual(['$gap', '$snapshot', '$subscribed'])
  expect((await change({ unsubscribe: 'clock' })).status).toBe(200)
  const gone = await api.call('$connection.change', { path: { id: 'none' }, body: { operations: [] } })
  expect(gone.status).toBe(410)
})

it('describes health', async () => {
  const { tidings, api } = await start()
  expect(await api.call('$health')).toEqual({ status: 200, body: { live: true, ready: true } })
  await tidings.close({ drainMs: 0 })
  expect((await api.call('$health')).status).toBe(503)
  expect((await api.call('$health', { query: { live: '' } })).status).toBe(200)
})
