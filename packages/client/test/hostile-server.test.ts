import type { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createClient } from '../src/index.js'
import { contract } from './contract.js'
import { fakeEventSources } from './fake-event-source.js'

const names = [
  '$open',
  '$subscribed',
  '$gap',
  '$error',
  '$reauthorize',
  '$snapshot',
  '$heartbeat',
  'tick',
  'error',
]
const fields = ['id', 'heartbeatMs', 'retryMs', 'topic', 'epoch', 'cursor', 'request', 'reason', 'snapshot']
const problem = ['code', 'status', 'detail', 'data', 'issues', 'retryAfterMs', 'title']
const fitting = fc.constantFrom<unknown>(
  'ticks',
  'e',
  'e.1',
  '1',
  1,
  5,
  429,
  'toString',
  { toString: 1 },
  -1,
  1e308,
)

/** JSON that a signal may have, with some of its fields and anything in them. */
const payload = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc
    .dictionary(fc.constantFrom(...fields, ...problem), fc.oneof(fitting, fc.jsonValue()))
    .map((value) => JSON.stringify(value)),
  fc.string(),
  fc.constantFrom('{"retryMs":1e999,"id":"a"}', '{"id":"a","heartbeatMs":1e-300}', '{"__proto__":null}'),
)
const frame = fc.record({
  name: fc.constantFrom(...names),
  data: payload,
  id: fc.constantFrom('', 'e.1', 'e.2', '?'),
})

/** A client of a server that the test plays. `answers` are those to control requests. */
function start(answers: (body: { operations: readonly unknown[] }) => unknown) {
  const { sources, EventSource } = fakeEventSources()
  const errors: TidingsError[] = []
  const urls: string[] = []
  const client = createClient(contract, {
    url: 'http://tidings.test/events',
    EventSource,
    reconnect: { minMs: 0, maxMs: 0 },
    onError: (error) => errors.push(error),
    fetch: async (url, init) => {
      urls.push(String(url))
      return new Response(JSON.stringify(answers(JSON.parse(String(init?.body)))), { status: 200 })
    },
  })
  onTestFinished(() => client.close())
  return { client, sources, errors, urls }
}

const done = ({ operations }: { operations: readonly unknown[] }) => ({
  results: operations.map(() => ({ status: 'done' })),
})
const open = JSON.stringify({ id: 'a', heartbeatMs: 5_000, retryMs: 0 })

describe('hostile input from a server', () => {
  it('throws no error as a signal or event', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
        const { client, sources } = start(done)
        client.ticks().subscribe({ tick: () => {}, error: () => {}, gap: () => {} })
        sources.at(-1)?.dispatch('$open', open)
        for (const { name, data, id } of frames) {
          await Promise.resolve()
          sources.at(-1)?.dispatch(name, data, id)
        }
        client.close()
        expect(client.connection.state.status).toBe('closed')
        expect(sources.every(({ isClosed }) => isClosed)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('throws no error as a control response', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            results: fc.array(
              fc.oneof(fc.jsonValue(), fc.record({ status: fitting, problem: fc.jsonValue() })),
            ),
          }),
        ),
        async (answer) => {
          const answers = [answer]
          let asked = 0
          const { client, sources } = start((body) => {
            asked += 1
            return answers.length > 0 ? answers.shift() : done(body)
          })
          client.ticks().subscribe({ error: () => {} })
          sources.at(-1)?.dispatch('$open', open)
          await until(() => asked > 0, 'it had been asked')
          client.close()
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    ['is not JSON', 'text'],
    ['has no results', {}],
    ['has too few', { results: [] }],
    ['has one that is null', { results: [null] }],
    ['refuses a topic without a problem', { results: [{ status: 'refused', problem: {} }] }],
  ])('as the answer to a control request that %s: the topic is asked for again', async (_what, answer) => {
    const answers: unknown[] = [answer]
    let asked = 0
    const { client, sources } = start((body) => {
      asked += 1
      return answers.shift() ?? done(body)
    })
    client.ticks().on('tick', () => {})
    sources.at(-1)?.dispatch('$open', open)
    await until(() => asked === 2, 'it was asked again')
  })

  it.each(['$subscribed', '$gap', '$error'])(
    '%s with a topic that is an object is a broken connection',
    async (name) => {
      const { client, sources, errors } = start(done)
      client.ticks().on('tick', () => {})
      sources[0]?.dispatch('$open', open)
      const signal = {
        topic: { toString: 1 },
        epoch: 'e',
        cursor: 'e.1',
        reason: 'history_lost',
        code: 'internal',
        status: 500,
      }
      sources[0]?.dispatch(name, JSON.stringify(signal))
      expect(errors).toMatchObject([
        { code: 'invalid_response', message: expect.stringContaining('malformed "topic"') },
      ])
      await until(() => sources.length === 2, 'another connection was made')
    },
  )

  it.each([{ toString: 1 }, ['e'], 1, null])(
    'a subscription with the epoch %j is a broken connection',
    async (epoch) => {
      const { client, sources, errors } = start(done)
      client.ticks().on('tick', () => {})
      sources[0]?.dispatch('$open', open)
      sources[0]?.dispatch('$subscribed', JSON.stringify({ topic: 'ticks', epoch, cursor: 'e.1' }))
      expect(errors).toMatchObject([
        { code: 'invalid_response', message: expect.stringContaining('malformed "epoch"') },
      ])
      await until(() => sources.length === 2, 'another connection was made')
    },
  )

  it.each([
    ['retryMs', '"x"'],
    ['retryMs', '-1'],
    ['retryMs', 'null'],
    ['retryMs', '1e999'],
    ['retryMs', '1e15'],
    ['heartbeatMs', '-1'],
    ['heartbeatMs', '"x"'],
    ['heartbeatMs', '1e999'],
  ])('an opening whose %s is %s does not remove the backoff', async (field, value) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    onTestFinished(() => void vi.restoreAllMocks())
    const { sources, EventSource } = fakeEventSources()
    const client = createClient(contract, { url: 'http://tidings.test/events', EventSource })
    onTestFinished(() => client.close())
    client.ticks().on('tick', () => {})
    const before = Date.now()
    sources[0]?.dispatch('$open', `{"id":"a","${field}":${value}}`)
    const { state } = client.connection
    if (state.status !== 'waiting') throw new Error(`it is ${state.status}`)
    expect(state.problem).toMatchObject({ code: 'invalid_response' })
    expect(state.retryAt - before).toBeGreaterThanOrEqual(125)
    expect(state.retryAt - before).toBeLessThan(60_000)
  })

  it.each(['../../send', '..', 'a/b', 'a?b', '', 'x'.repeat(201), 7])(
    'an id like %o is refused',
    async (id) => {
      const { client, sources, errors, urls } = start(done)
      client.ticks().on('tick', () => {})
      sources[0]?.dispatch('$open', JSON.stringify({ id }))
      expect(errors).toMatchObject([{ message: expect.stringContaining('malformed "id"') }])
      await until(() => sources.length === 2, 'another connection was made')
      sources[1]?.dispatch('$open', JSON.stringify({ id: 'node.A-_~' }))
      await until(() => urls.length > 0, 'it was asked for its topic')
      expect(urls).toEqual(['http://tidings.test/events/$connections/node.A-_~'])
    },
  )
})
