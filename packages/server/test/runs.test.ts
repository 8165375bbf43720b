import { defineContract, stream, TidingsError } from '@tidings/core'
import type { ControlOperation } from '@tidings/core/wire'
import { pause, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type Handlers, implement, memoryBus, type ServerOptions } from '../src/index.js'
import { mount, type OpenStream, open, openShared, post } from './harness.js'

const contract = defineContract({
  complete: stream({
    input: z.object({ prompt: z.string() }),
    events: { token: z.string() },
    output: z.object({ text: z.string() }),
    errors: { refused: undefined },
  }),
})

interface Caller {
  readonly user: string | undefined
  readonly expiresAt: number | undefined
}

/** The caller of `x-user: ada;1234`: ada, until 1234. */
function callerOf(header: string | null): Caller {
  const [user, expiresAt] = (header ?? '').split(';')
  return { user: user || undefined, expiresAt: expiresAt === undefined ? undefined : Number(expiresAt) }
}

type Complete = Extract<Handlers<typeof contract, Caller>['complete'], { run: unknown }>

/** A server of one stream, whose handler waits for the test: `say` emits a token, `end` returns the output. */
async function start(settings: Partial<Complete> = {}, options: ServerOptions<Caller> = {}) {
  const errors: unknown[] = []
  const runs: {
    id: string
    prompt: string
    signal: AbortSignal
    say(text: string): Promise<void>
    end(): void
  }[] = []
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => callerOf(headers.get('x-user')),
      principal: ({ user }) => user,
      onError: (error) => errors.push(error),
      ...options,
    },
    {
      complete: {
        run: ({ id, input, emit, signal }) =>
          new Promise((resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
            const said: string[] = []
            runs.push({
              id,
              prompt: input.prompt,
              signal,
              say: (text) => {
                said.push(text)
                return emit.token(text)
              },
              end: () => resolve({ text: said.join('') }),
            })
          }),
        ...settings,
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const begin = (id: string, headers: Record<string, string> = {}, prompt = 'hi') =>
    post(`${url}/complete`, { prompt }, { prefer: 'respond-async', 'idempotency-key': id, ...headers })
  const read = (id: string, headers: Record<string, string> = {}) =>
    open(`${url}/complete?$run=${id}`, { headers })
  return { tidings, url, errors, runs, begin, read }
}

const id = 'a'.repeat(32)
const other = 'b'.repeat(32)
const ada = { 'x-user': 'ada' }
const eve = { 'x-user': 'eve' }

/** The events of a run, without `$open`. */
function eventsOf({ events }: OpenStream) {
  return events
    .filter(({ event }) => event !== '$open' && event !== '$heartbeat')
    .map(({ event, data }) => [event, JSON.parse(data)])
}

async function refusal(response: Promise<OpenStream>) {
  const stream = await response
  await until(stream.isOver, 'the refusal had come')
  return [stream.response.status, JSON.parse(stream.text()).code]
}

async function connect(url: string, headers: Record<string, string> = {}) {
  const { stream, id: connection, control } = await openShared(url, headers)
  return {
    stream,
    connection,
    control: async (...operations: ControlOperation[]) => (await control(operations)).results,
  }
}

const key = (runId: string) => `complete?$run=${runId}`
const hello = [
  ['token', 'hel'],
  ['token', 'lo'],
]
const done = ['$output', { text: 'hello' }]

describe('a run', () => {
  it('is started by one request, and read by others: from its beginning, live, and after its end', async () => {
    const { runs, begin, read } = await start()
    const started = await begin(id)
    expect([started.status, started.body]).toEqual([202, { run: id, subscribed: false }])
    expect(started.headers.get('preference-applied')).toBe('respond-async')
    const location = started.headers.get('location') ?? ''
    expect(new URL(location, 'http://a/events/complete').href).toBe(`http://a/events/complete?$run=${id}`)
    await runs[0]?.say('hel')
    const live = await read(id)
    await live.count(2)
    await runs[0]?.say('lo')
    runs[0]?.end()
    await until(live.isOver, 'the run was over')
    const late = await read(id)
    await until(late.isOver, 'it was read again')
    expect(eventsOf(live)).toEqual([...hello, done])
    expect(eventsOf(late)).toEqual(eventsOf(live))
    const first = late.events.find(({ event }) => event === 'token')
    const resumed = await read(id, { 'last-event-id': first?.id ?? '' })
    await until(resumed.isOver, 'it was read from there on')
    expect(eventsOf(resumed)).toEqual([['token', 'lo'], done])
  })

  it('is not begun by a client that has read a part, as some repeat a POST with a Last-Event-ID', async () => {
    const { url, runs, begin, read } = await start()
    const repeat = (headers: Record<string, string>) => ({
      method: 'POST',
      body: '{"prompt":"hi"}',
      headers: { 'content-type': 'application/json', ...headers },
    })
    for (const headers of [{}, { 'idempotency-key': id }]) {
      const response = await fetch(`${url}/complete`, repeat({ 'last-event-id': 'lost.3', ...headers }))
      expect([response.status, await response.json()]).toEqual([
        503,
        expect.objectContaining({ code: 'interrupted' }),
      ])
    }
    expect(runs).toEqual([])
    await begin(id)
    await runs[0]?.say('hel')
    const reader = await read(id)
    const [, first] = await reader.count(2)
    const again = await open(
      `${url}/complete`,
      repeat({ 'last-event-id': first?.id ?? '', 'idempotency-key': id }),
    )
    await runs[0]?.say('lo')
    runs[0]?.end()
    await until(again.isOver, 'the rest was read')
    expect(eventsOf(again)).toEqual([['token', 'lo'], done])
    expect(runs).toHaveLength(1)
  })

  it('streams its events to the request that starts it, and has an id without a key', async () => {
    const { url, runs, read } = await start()
    const init = { method: 'POST', body: '{"prompt":"hi"}', headers: { 'content-type': 'application/json' } }
    const stream = await open(`${url}/complete`, init)
    const [opened] = await stream.count(1)
    const { run } = JSON.parse(opened?.data ?? '')
    await runs[0]?.say('hel')
    await stream.count(2)
    stream.leave()
    await runs[0]?.say('lo')
    runs[0]?.end()
    const again = await read(run)
    await until(again.isOver, 'it was read again')
    expect(eventsOf(again)).toEqual([...hello, done])
  })

  it('is started once, however often and at once its start is repeated', async () => {
    const { runs, begin } = await start()
    const answers = await Promise.all([1, 2, 3].map(() => begin(id, ada)))
    runs[0]?.end()
    answers.push(await begin(id, ada))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202])
    expect(runs.map((run) => run.id)).toEqual([id])
    expect((await begin(id, ada, 'another')).body.code).toBe('conflict')
    expect((await begin(id, eve)).body.code).toBe('conflict')
    expect(await begin('short', ada)).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  })

  it('is gone after keepMs', async () => {
    const { runs, begin, read, tidings } = await start({ keepMs: 20 })
    await begin(id)
    expect(tidings.stats().runs).toBe(1)
    runs[0]?.end()
    await until(() => tidings.stats().runs === 0, 'it was dropped')
    expect(await refusal(read(id))).toEqual([404, 'not_found'])
    expect(await refusal(read('x'))).toEqual([404, 'not_found'])
  })

  it('ends for every reader when it is cancelled', async () => {
    const { url, runs, errors, begin, read } = await start()
    await begin(id, ada)
    const readers = [await read(id, ada), await read(id, ada)]
    expect((await post(`${url}/$runs/${id}`, {}, eve)).status).toBe(403)
    expect((await post(`${url}/$runs/${other}`, {}, ada)).status).toBe(404)
    expect((await post(`${url}/$runs/a%00b`, {}, ada)).status).toBe(404)
    const form = await post(`${url}/$runs/${id}`, {}, { ...ada, 'content-type': 'text/plain' })
    expect(form.status).toBe(415)
    expect(runs[0]?.signal.aborted).toBe(false)
    expect((await post(`${url}/$runs/${id}`, {}, ada)).status).toBe(204)
    await until(() => readers.every((reader) => reader.isOver()), 'all had ended')
    for (const reader of readers) {
      expect(eventsOf(reader)).toEqual([
        ['$error', expect.objectContaining({ code: 'cancelled', topic: key(id), ended: true })],
      ])
    }
    expect(runs[0]?.signal.aborted).toBe(true)
    expect((await post(`${url}/$runs/${id}`, {}, ada)).status).toBe(204)
    expect(errors).toEqual([])
  })

  it('may be read by the principal that started it, or whom authorize allows', async () => {
    const own = await start()
    await own.begin(id, ada)
    await own.begin(other)
    expect(await refusal(own.read(id, eve))).toEqual([403, 'forbidden'])
    expect((await own.read(id, ada)).response.status).toBe(200)
    expect((await own.read(other, eve)).response.status).toBe(200)
    const shared = await start({
      authorize: ({ context, startedBy }) => context.user === `${startedBy}'s friend`,
    })
    await shared.begin(id, ada)
    expect((await shared.read(id, { 'x-user': "ada's friend" })).response.status).toBe(200)
    expect(await refusal(shared.read(id, ada))).toEqual([403, 'forbidden'])
  })
})

describe('the start of a run', () => {
  it('that is repeated is authorised like every other reader', async () => {
    let isAllowed = true
    const { url, begin } = await start({ authorize: () => isAllowed })
    const post = () =>
      open(`${url}/complete`, {
        method: 'POST',
        body: '{"prompt":"hi"}',
        headers: { 'content-type': 'application/json', 'idempotency-key': id },
      })
    await begin(id)
    const joined = await post()
    expect(joined.response.status).toBe(200)
    isAllowed = false
    expect(await refusal(post())).toEqual([403, 'forbidden'])
  })

  it('is awaited by requests that read or cancel the run', async () => {
    let pass = () => {}
    const passed = new Promise<void>((resolve) => {
      pass = resolve
    })
    let isWaiting = false
    const app = implement(contract).use(async ({ isRenewal, next }) => {
      if (!isRenewal) {
        isWaiting = true
        await passed
      }
      return next()
    })
    const tidings = createServer(
      app,
      {},
      app.handlers(contract, {
        complete: async ({ emit }) => {
          await emit.token('hello')
          return { text: 'hello' }
        },
      }),
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const url = await mount(expressHandler(tidings))
    const started = post(
      `${url}/complete`,
      { prompt: 'hi' },
      { prefer: 'respond-async', 'idempotency-key': id },
    )
    await until(() => isWaiting, 'the start had reached the middleware')
    const reading = open(`${url}/complete?$run=${id}`)
    await pause(50)
    pass()
    const reader = await reading
    expect((await started).status).toBe(202)
    await until(reader.isOver, 'it was read')
    expect(eventsOf(reader)).toEqual([['token', 'hello'], done])
  })

  it('whose middleware fails the run fires the signal of the handler', async () => {
    const signals: AbortSignal[] = []
    const app = implement(contract).use(({ next }) => {
      const late = pause(20).then(() => {
        throw new TidingsError({ code: 'timeout' })
      })
      return Promise.race([next(), late])
    })
    const tidings = createServer(
      app,
      {},
      app.handlers(contract, {
        complete: async ({ signal }) => {
          signals.push(signal)
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return { text: '' }
        },
      }),
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const url = await mount(expressHandler(tidings))
    await post(`${url}/complete`, { prompt: 'hi' }, { prefer: 'respond-async', 'idempotency-key': id })
    const reader = await open(`${url}/complete?$run=${id}`)
    await until(reader.isOver, 'the run was over')
    expect(eventsOf(reader)).toEqual([['$error', expect.objectContaining({ code: 'timeout' })]])
    await until(() => signals[0]?.aborted === true && tidings.stats().running === 0, 'the handler had ended')
  })
})

describe('on a shared connection, a run', () => {
  it('is a topic that begins at its beginning and ends by itself', async () => {
    const { url, runs, begin } = await start()
    const { stream, connection, control } = await connect(url)
    const started = await begin(id, { 'tidings-connection': connection })
    expect(started.body).toEqual({ run: id, subscribed: true })
    await begin(other)
    await runs[0]?.say('hel')
    await runs[1]?.say('other')
    expect(await control({ subscribe: key(other) })).toEqual([
      { status: 'accepted', epoch: expect.any(String), cursor: expect.stringMatching(/\.0$/) },
    ])
    await runs[0]?.say('lo')
    for (const run of runs) run.end()
    await until(() => stream.events.filter(({ event }) => event === '$output').length === 2, 'both had ended')
    const epochs = stream.events
      .filter(({ event }) => event === '$subscribed')
      .map(({ data }) => JSON.parse(data).epoch as string)
    const of = (epoch: string | undefined) =>
      eventsOf({
        ...stream,
        events: stream.events.filter(({ id: at }) => at?.startsWith(`${epoch}.`)),
      }).slice(1)
    expect(of(epochs[0])).toEqual([...hello, done])
    expect(of(epochs[1])).toEqual([
      ['token', 'other'],
      ['$output', { text: 'other' }],
    ])
    // Both are dropped: there is nothing left to pause.
    expect(await control({ pause: key(id) })).toMatchObject([{ problem: { code: 'bad_request' } }])
  })

  it('is subscribed by its start as often as it may be started', async () => {
    const { url, runs, begin } = await start({}, { limits: { subscriptionsPerConnection: 1 } })
    const { stream, connection } = await connect(url)
    for (let n = 1; n <= 5; n += 1) {
      const { body } = await begin(String(n).repeat(32), { 'tidings-connection': connection })
      expect(body.subscribed).toBe(true)
      runs.at(-1)?.end()
      await until(() => stream.events.filter(({ event }) => event === '$output').length === n, 'it had ended')
    }
  })

  it('is subscribed only to a connection of its own caller', async () => {
    const { url, begin } = await start()
    const { connection } = await connect(url, eve)
    expect((await begin(id, { ...ada, 'tidings-connection': connection })).body.subscribed).toBe(false)
    expect((await begin(other, { ...ada, 'tidings-connection': 'made.up' })).body.subscribed).toBe(false)
  })

  it('ends at once when its last reader unsubscribes', async () => {
    const { url, runs, begin } = await start({ lingerMs: 60_000 })
    const readers = [await connect(url), await connect(url)]
    await begin(id)
    for (const { control } of readers) await control({ subscribe: key(id) })
    await readers[0]?.control({ unsubscribe: key(id) })
    await pause(20)
    expect(runs[0]?.signal.aborted).toBe(false)
    await readers[1]?.control({ unsubscribe: key(id) })
    expect(runs[0]?.signal.aborted).toBe(true)
    await expect(runs[0]?.say('late')).rejects.toMatchObject({ code: 'aborted' })
  })

  it('waits for a reader that was lost, for lingerMs', async () => {
    const { url, runs, begin } = await start({ lingerMs: 100 })
    const reader = await connect(url)
    await begin(id)
    await reader.control({ subscribe: key(id) })
    reader.stream.leave()
    const again = await connect(url)
    await again.control({ subscribe: key(id) })
    await pause(200)
    expect(runs[0]?.signal.aborted).toBe(false)
    await again.control({ unsubscribe: key(id), lost: true })
    expect(runs[0]?.signal.aborted).toBe(false)
    await until(() => runs[0]?.signal.aborted === true, 'it had waited long enough')
  })

  it('goes on without readers if lingerMs is Infinity', async () => {
    const { url, runs, begin, read } = await start({ lingerMs: Number.POSITIVE_INFINITY })
    const { control, stream } = await connect(url)
    await begin(id)
    await control({ subscribe: key(id) })
    await control({ unsubscribe: key(id) })
    stream.leave()
    await runs[0]?.say('hel')
    await runs[0]?.say('lo')
    runs[0]?.end()
    const reader = await read(id)
    await until(reader.isOver, 'it was read')
    expect(eventsOf(reader)).toEqual([...hello, done])
  })

  it('is refused where it does not exist, and where the log is another', async () => {
    const { url, begin, runs } = await start()
    const { control } = await connect(url)
    await begin(id)
    await runs[0]?.say('hel')
    const codes = (
      await control(
        { subscribe: key(other) },
        { subscribe: key(id), cursor: 'another.1' },
        { subscribe: 'complete' },
      )
    ).map((result) => result.status === 'refused' && (result.problem as { code: string }).code)
    expect(codes).toEqual(['not_found', 'interrupted', 'not_found'])
  })
})

describe('the handler of a run', () => {
  const kilobyte = 'x'.repeat(1_000)

  it('waits for its fastest reader, and not for a slower one', async () => {
    const { url, runs, begin } = await start({ maxBytes: 100_000_000 })
    await begin(id)
    const fast = await connect(url)
    const slow = await connect(url)
    for (const { control } of [fast, slow]) await control({ subscribe: key(id) })
    await slow.control({ pause: key(id) })
    for (let n = 0; n < 1_000; n += 1) await runs[0]?.say(kilobyte)
    await until(() => eventsOf(fast.stream).length === 1_001, 'the fast one had read all')
    await fast.control({ pause: key(id) })
    let emitted = 0
    const emitting = (async () => {
      for (; emitted < 1_000; emitted += 1) await runs[0]?.say(kilobyte)
    })()
    await pause(100)
    expect(emitted).toBeLessThan(100)
    // The slow one continues from where it was, and is the fastest once it has passed the other.
    const [result] = await slow.control({ subscribe: key(id) })
    expect(result).toMatchObject({ status: 'accepted' })
    await emitting
    await until(
      () => eventsOf(slow.stream).filter(([name]) => name === 'token').length >= 2_000,
      'it had all',
    )
    expect(await slow.control({ pause: 'complete' })).toMatchObject([{ problem: { code: 'not_found' } }])
  })

  it('waits at maxBytes, where events that were read are dropped', async () => {
    const { runs, begin, read, tidings, errors } = await start({ maxBytes: 50_000 })
    await begin(id)
    const reader = await read(id)
    for (let n = 0; n < 500; n += 1) await runs[0]?.say(kilobyte)
    runs[0]?.end()
    await until(reader.isOver, 'it was over')
    expect(eventsOf(reader)).toHaveLength(501)
    expect(await refusal(read(id))).toEqual([410, 'gone'])
    const resumed = await read(id, { 'last-event-id': reader.events.at(-2)?.id ?? '' })
    await until(resumed.isOver, 'it was read from near its end')
    expect(eventsOf(resumed).map(([name]) => name)).toEqual(['$output'])
    expect(errors).toEqual([])
    expect(tidings.stats().gaps).toBe(0)
  })

  it('continues without a reader, and waits at maxBytes for one', async () => {
    const { runs, begin, read } = await start({ maxBytes: 50_000 })
    await begin(id)
    let emitted = 0
    const emitting = (async () => {
      for (; emitted < 100; emitted += 1) await runs[0]?.say(kilobyte)
      runs[0]?.end()
    })()
    await pause(50)
    expect(emitted).toBeGreaterThan(40)
    expect(emitted).toBeLessThan(60)
    const reader = await read(id)
    await emitting
    await until(reader.isOver, 'it was over')
    expect(eventsOf(reader)).toHaveLength(101)
  })

  it('fails at maxBytes if no reader is required', async () => {
    const { runs, begin, read, errors } = await start({
      maxBytes: 50_000,
      lingerMs: Number.POSITIVE_INFINITY,
    })
    await begin(id)
    const emitting = (async () => {
      for (let n = 0; n < 100; n += 1) await runs[0]?.say(kilobyte)
    })()
    await expect(emitting).rejects.toMatchObject({ code: 'too_large' })
    expect(runs[0]?.signal.aborted).toBe(true)
    const reader = await read(id)
    await until(reader.isOver, 'its end was read')
    expect(eventsOf(reader).at(-1)).toEqual(['$error', expect.objectContaining({ code: 'too_large' })])
    expect(errors).toEqual([expect.objectContaining({ code: 'too_large' })])
  })
})

describe('an EventSource that has read a run to its end', () => {
  it('is answered with 204, so that it does not reconnect for ever', async () => {
    const { url, runs, begin, read, tidings } = await start({}, { limits: { connectionsPerPrincipal: 1 } })
    await begin(id, ada)
    const reader = await read(id, ada)
    await runs[0]?.say('hel')
    runs[0]?.end()
    await until(reader.isOver, 'it was read')
    const last = reader.events.at(-1)?.id ?? ''
    const again = (headers: Record<string, string>, query = '') =>
      fetch(`${url}/complete?$run=${id}${query}`, { headers: { ...ada, ...headers } })
    for (const response of [
      await again({ 'last-event-id': last }),
      await again({}, `&lastEventId=${last}`),
    ]) {
      expect([response.status, await response.text()]).toEqual([204, ''])
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
    expect(tidings.stats().connections).toBe(0)
    const before = await read(id, { ...ada, 'last-event-id': reader.events.at(-2)?.id ?? '' })
    await until(before.isOver, 'its end was read')
    expect(eventsOf(before)).toEqual([['$output', { text: 'hel' }]])
  })

  it('waits for the rest if the run continues', async () => {
    const { runs, begin, read } = await start()
    await begin(id)
    const reader = await read(id)
    await runs[0]?.say('hel')
    await reader.count(2)
    const again = await read(id, { 'last-event-id': reader.events.at(-1)?.id ?? '' })
    expect(again.response.status).toBe(200)
    runs[0]?.end()
    await until(again.isOver, 'its end was read')
    expect(eventsOf(again)).toEqual([['$output', { text: 'hel' }]])
  })
})

describe('limits of runs', () => {
  const kilobyte = 'x'.repeat(1_000)
  const ids = ['c', 'd', 'e'].map((letter) => letter.repeat(32))

  it('count active runs, and drop the oldest that has ended', async () => {
    const { runs, begin, read } = await start({}, { limits: { runsPerPrincipal: 2 } })
    expect((await begin(ids[0] ?? '', ada)).status).toBe(202)
    expect((await begin(ids[1] ?? '', ada)).status).toBe(202)
    expect(await begin(ids[2] ?? '', ada)).toMatchObject({
      status: 429,
      body: { detail: 'You have 2 active runs, which is the limit. Cancel one, or try again later' },
    })
    expect((await begin(id, eve)).status).toBe(202)
    runs[1]?.end()
    await until(async () => (await begin(ids[2] ?? '', ada)).status === 202, 'there was room again')
    expect(await refusal(read(ids[1] ?? '', ada))).toEqual([404, 'not_found'])
    const total = await start({}, { limits: { runs: 1 } })
    await total.begin(id, ada)
    expect((await total.begin(other, eve)).status).toBe(503)
  })

  it('hold the logs of all within runBytes', async () => {
    const { runs, begin, tidings } = await start({ lingerMs: 60_000 }, { limits: { runBytes: 30_000 } })
    await begin(id)
    for (let n = 0; n < 20; n += 1) await runs[0]?.say(kilobyte)
    runs[0]?.end()
    await until(() => tidings.stats().running === 0, 'the first had ended')
    await begin(other)
    for (let n = 0; n < 20; n += 1) await runs[1]?.say(kilobyte)
    expect(tidings.stats().runs).toBe(1)
    let isHeld = true
    const held = (async () => {
      for (let n = 0; n < 20; n += 1) await runs[1]?.say(kilobyte)
      isHeld = false
    })()
    await pause(50)
    expect(isHeld).toBe(true)
    runs[1]?.end()
    await expect(held).rejects.toMatchObject({ code: 'closed' })
  })

  it('let a run go on that waits for room: once its reader has read, or another run has ended', async () => {
    const { url, runs, begin } = await start({ lingerMs: 60_000 }, { limits: { runBytes: 30_000 } })
    const { control } = await connect(url)
    for (const each of [id, other]) {
      await begin(each)
      await control({ subscribe: key(each) })
    }
    await control({ pause: key(id) })
    for (let n = 0; n < 20; n += 1) await runs[0]?.say(kilobyte)
    // What its reader has read makes room for it.
    for (let n = 0; n < 40; n += 1) await runs[1]?.say(kilobyte)
    await control({ pause: key(other) })
    let isHeld = true
    const emitting = (async () => {
      for (let n = 0; n < 20; n += 1) await runs[1]?.say(kilobyte)
      isHeld = false
    })()
    await pause(20)
    expect(isHeld).toBe(true)
    // Its log can be dropped now.
    runs[0]?.end()
    await emitting
  })

  it('have a run without readers wait for room that other runs can make', async () => {
    const settings = { lingerMs: Number.POSITIVE_INFINITY }
    const { runs, begin, read, errors } = await start(settings, { limits: { runBytes: 30_000 } })
    await begin(id)
    for (let n = 0; n < 20; n += 1) await runs[0]?.say(kilobyte)
    await begin(other)
    let isHeld = true
    const emitting = (async () => {
      for (let n = 0; n < 20; n += 1) await runs[1]?.say(kilobyte)
      isHeld = false
    })()
    await pause(50)
    expect(isHeld).toBe(true)
    runs[0]?.end()
    await emitting
    runs[1]?.end()
    const reader = await read(other)
    await until(reader.isOver, 'it was read')
    expect(eventsOf(reader)).toHaveLength(21)
    expect(errors).toEqual([])
  })

  it('end the longest of runs that wait for each other, and tell its readers', async () => {
    const settings = { lingerMs: Number.POSITIVE_INFINITY }
    const { runs, begin, read, errors } = await start(settings, { limits: { runBytes: 30_000 } })
    await begin(id)
    await begin(other)
    const say = async (run = 0, times = 0) => {
      for (let n = 0; n < times; n += 1) await runs[run]?.say(kilobyte)
      runs[run]?.end()
    }
    for (let n = 0; n < 20; n += 1) await runs[0]?.say(kilobyte)
    const [long, short] = [say(0, 15), say(1, 20)]
    await expect(long).rejects.toMatchObject({ code: 'too_large' })
    expect(runs[0]?.signal.aborted).toBe(true)
    await short
    expect(errors).toEqual([
      expect.objectContaining({ code: 'too_large', message: expect.stringContaining('runBytes, 30000') }),
    ])
    const reader = await read(other)
    await until(reader.isOver, 'the other was read')
    expect(eventsOf(reader)).toHaveLength(21)
    // The error is kept when another run needs the room of runs that have ended.
    await begin('c'.repeat(32))
    for (let n = 0; n < 20; n += 1) await runs[2]?.say(kilobyte)
    expect(await refusal(read(other))).toEqual([404, 'not_found'])
    expect(await refusal(read(id))).toEqual([410, 'gone'])
  })

  it.for([
    ['without a bus', {}],
    ['with a bus', { bus: memoryBus() }],
  ] as const)(
    'end runs that wait for each other, however many were ended before: %s',
    async ([, options]) => {
      const settings = { lingerMs: Number.POSITIVE_INFINITY }
      const { runs, begin } = await start(settings, { limits: { runBytes: 8_000 }, ...options })
      const say = async (run: number) => {
        for (let n = 0; n < 6; n += 1) {
          await runs[run]?.say(kilobyte)
          await pause(1)
        }
      }
      for (let round = 0; round < 10; round += 1) {
        for (const letter of 'ab') await begin(letter.repeat(31) + round)
        const outcomes = await Promise.allSettled([say(2 * round), say(2 * round + 1)])
        expect(outcomes.map(({ status }) => status)).toContain('rejected')
        for (const run of runs.slice(-2)) run.end()
      }
    },
  )

  it('end a run that waits for others, and whose handler does not await its emits', async () => {
    const settings = { lingerMs: Number.POSITIVE_INFINITY }
    const { runs, begin } = await start(settings, { limits: { runBytes: 8_000 } })
    await begin(id)
    await begin(other)
    // The first is active, and may make room.
    void runs[0]?.say(kilobyte)
    const emits = Array.from({ length: 7 }, () => runs[1]?.say(kilobyte))
    await pause(10)
    expect(runs[1]?.signal.aborted).toBe(false)
    emits.push(runs[1]?.say(kilobyte))
    await Promise.allSettled(emits)
    expect(runs[1]?.signal.aborted).toBe(true)
  })

  it('keep nothing but the end of a run that waits for others, while the bus is behind', async () => {
    const bus = memoryBus()
    const extend = bus.extend.bind(bus)
    let delayMs = 0
    bus.extend = async (...args) => {
      await pause(delayMs)
      return extend(...args)
    }
    const settings = { lingerMs: Number.POSITIVE_INFINITY }
    const { runs, begin, read } = await start(settings, { limits: { runBytes: 8_000 }, bus })
    await begin(id)
    for (let n = 0; n < 8; n += 1) void runs[0]?.say(kilobyte)
    const reader = await read(id)
    await reader.count(9)
    reader.leave()
    delayMs = 50
    await pause(20)
    await expect(runs[0]?.say(kilobyte)).rejects.toMatchObject({ code: 'too_large' })
    await pause(150)
    expect(await refusal(read(id, { 'last-event-id': reader.events.at(-1)?.id ?? '' }))).toEqual([
      410,
      'gone',
    ])
  })

  it('end the readers of a run that is dropped for another', async () => {
    const { url, runs, begin, tidings } = await start({ keepMs: 1 }, { limits: { runs: 1 } })
    const { stream, control } = await connect(url)
    await begin(id)
    await control({ subscribe: key(id) })
    await control({ pause: key(id) })
    await runs[0]?.say(kilobyte)
    runs[0]?.end()
    await pause(20)
    // A run is not dropped while it is read, unless another needs its place.
    expect(tidings.stats()).toMatchObject({ runs: 1, subscriptions: 1 })
    await begin(other)
    await until(() => stream.events.some(({ event }) => event === '$error'), 'its reader was told')
    expect(eventsOf(stream).at(-1)).toEqual([
      '$error',
      expect.objectContaining({ code: 'gone', topic: key(id) }),
    ])
    expect(tidings.stats()).toMatchObject({ runs: 1, subscriptions: 0 })
  })
})

describe('the rights of the readers of a run', () => {
  it('expire, after which the run waits for another', async () => {
    const { runs, begin, read } = await start({ lingerMs: 20 })
    await begin(id, ada)
    const reader = await read(id, { 'x-user': `ada;${Date.now() + 200}` })
    expect(reader.response.status).toBe(200)
    await until(reader.isOver, 'its reader had expired')
    await until(() => runs[0]?.signal.aborted === true, 'the run had ended')
  })

  it('are revoked by disconnect and reauthorize, which also select by the key of the run', async () => {
    const { tidings, url, begin, read } = await start({ lingerMs: 60_000 })
    await begin(id, ada)
    const first = await read(id, ada)
    await first.count(1)
    expect(await tidings.disconnect({ topic: key(id) })).toEqual({ connections: 1, nodes: 1 })
    await until(first.isOver, 'it was disconnected')
    const { stream, control } = await connect(url, ada)
    await control({ subscribe: key(id) })
    expect(await tidings.reauthorize({ principal: 'ada' })).toEqual({ connections: 1, nodes: 1 })
    await until(() => stream.events.some(({ event }) => event === '$reauthorize'), 'it was asked')
  })

  it('count against the limits of connections', async () => {
    const { begin, read } = await start({}, { limits: { connectionsPerPrincipal: 1 } })
    await begin(id, ada)
    expect((await read(id, ada)).response.status).toBe(200)
    expect(await refusal(read(id, ada))).toEqual([429, 'too_many_requests'])
  })
})

describe('closing the server', () => {
  it('grants a run drainMs, and its readers the rest of it', async () => {
    const { tidings, url, runs, begin } = await start()
    const { stream, control } = await connect(url)
    await begin(id)
    await control({ subscribe: key(id) })
    const closed = tidings.close({ drainMs: 10_000 })
    await pause(20)
    await runs[0]?.say('hel')
    await runs[0]?.say('lo')
    runs[0]?.end()
    await closed
    await until(stream.isOver, 'the connection was over')
    const events = eventsOf(stream).slice(1)
    expect(events).toEqual([...hello, done, ['$error', expect.objectContaining({ code: 'unavailable' })]])
  })

  it('ends a run after drainMs', async () => {
    const { tidings, runs, begin, read } = await start()
    await begin(id)
    const reader = await read(id)
    await tidings.close({ drainMs: 10 })
    await until(reader.isOver, 'it was over')
    expect(eventsOf(reader)).toEqual([
      ['$error', expect.objectContaining({ code: 'unavailable', topic: key(id), ended: true })],
    ])
    expect(runs[0]?.signal.aborted).toBe(true)
  })
})
