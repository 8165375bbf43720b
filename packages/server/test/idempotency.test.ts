import { command, defineContract } from '@tidings/core'
import { pause, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type ServerOptions } from '../src/index.js'
import { mount, post } from './harness.js'

const contract = defineContract({
  pay: command({
    input: z.object({ amount: z.number() }),
    output: z.object({ receipt: z.number() }),
    errors: { broke: z.object({ missing: z.number() }) },
  }),
  note: command({ input: z.object({ amount: z.number() }) }),
})

async function start(options: ServerOptions<string> = {}) {
  const runs: { amount: number; signal: AbortSignal; finish(): void }[] = []
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => headers.get('x-user') ?? 'nobody',
      principal: (user) => user,
      ...options,
    },
    {
      pay: async ({ input, fail, signal }) => {
        const receipt = runs.length + 1
        await new Promise<void>((resolve) => {
          runs.push({ amount: input.amount, signal, finish: resolve })
          if (input.amount < 1_000) resolve()
        })
        if (input.amount === 13) throw fail('broke', { missing: 13 })
        if (input.amount === 14) throw new Error('a bug')
        return { receipt }
      },
      note: () => {},
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const pay = (amount: unknown, key: string, headers: Record<string, string> = {}) =>
    post(`${url}/pay`, { amount }, { 'idempotency-key': key, ...headers })
  return { tidings, url, runs, pay }
}

it('a command that is sent again with its key gets the same response without another run', async () => {
  const { pay, runs } = await start()
  const first = await pay(5, 'a')
  const again = await pay(5, 'a')
  expect(first).toMatchObject({ status: 200, body: { receipt: 1 } })
  expect([again.status, again.body]).toEqual([first.status, first.body])
  expect((await pay(5, 'b')).body).toEqual({ receipt: 2 })
  expect(runs).toHaveLength(2)
})

it('a command that is sent again while it runs waits for the same response', async () => {
  const { pay, runs } = await start()
  const calls = [pay(5_000, 'a'), pay(5_000, 'a'), pay(5_000, 'a')]
  await until(() => runs.length > 0, 'it ran')
  await pause(30)
  runs[0]?.finish()
  expect((await Promise.all(calls)).map(({ body }) => body)).toEqual(Array(3).fill({ receipt: 1 }))
  expect(runs).toHaveLength(1)
})

it.each([
  [13, 422, 'broke'],
  [14, 500, 'internal'],
])('what it failed with is remembered too (%d)', async (amount, status, code) => {
  const { pay, runs } = await start()
  for (let n = 0; n < 2; n += 1) expect(await pay(amount, 'a')).toMatchObject({ status, body: { code } })
  expect(runs).toHaveLength(1)
})

it('a refusal before the run is not remembered', async () => {
  const { pay, runs } = await start()
  expect((await pay('much', 'a')).status).toBe(400)
  expect((await pay(5, 'a')).status).toBe(200)
  expect(runs).toHaveLength(1)
})

it('a key belongs to one request of one principal', async () => {
  const { pay, url, runs } = await start()
  await pay(5, 'a', { 'x-user': 'ada' })
  const other = await pay(6, 'a', { 'x-user': 'ada' })
  expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect((await pay(5, 'a', { 'x-user': 'eve' })).body).toEqual({ receipt: 2 })
  const note = await post(`${url}/note`, { amount: 5 }, { 'idempotency-key': 'a', 'x-user': 'ada' })
  expect(note.status).toBe(204)
  expect(runs).toHaveLength(2)
})

it('a response is remembered for the configured time', async () => {
  const { pay } = await start({ idempotencyMs: 40 })
  expect((await pay(5, 'a')).body).toEqual({ receipt: 1 })
  await pause(60)
  expect((await pay(5, 'a')).body).toEqual({ receipt: 2 })
  const forgetful = await start({ idempotencyMs: 0 })
  await forgetful.pay(5, 'a')
  expect((await forgetful.pay(5, 'a')).body).toEqual({ receipt: 2 })
})

it('a command continues when its caller loses the connection, and its response is kept for a retry', async () => {
  const { url, pay, runs } = await start()
  const abort = new AbortController()
  const lost = fetch(`${url}/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'a' },
    body: JSON.stringify({ amount: 5_000 }),
    signal: abort.signal,
  })
  await until(() => runs.length === 1, 'it ran')
  abort.abort()
  await expect(lost).rejects.toThrow()
  await pause(30)
  expect(runs[0]?.signal.aborted).toBe(false)
  const again = pay(5_000, 'a')
  await pause(30)
  runs[0]?.finish()
  expect((await again).body).toEqual({ receipt: 1 })
  expect(runs).toHaveLength(1)
})

it('an abandoned command that fails may be sent again', async () => {
  let runs = 0
  const tidings = createServer(contract, {
    pay: async ({ signal }) => {
      runs += 1
      if (runs > 1) return { receipt: runs }
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
    note: () => {},
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const caller = new AbortController()
  const lost = fetch(`${url}/pay`, {
    method: 'POST',
    signal: caller.signal,
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify({ amount: 1 }),
  })
  await until(() => runs === 1, 'it ran')
  caller.abort()
  await expect(lost).rejects.toThrow()
  await pause(2_200)
  const again = await post(`${url}/pay`, { amount: 1 }, { 'idempotency-key': 'k' })
  expect(again).toMatchObject({ status: 200, body: { receipt: 2 } })
})

it('a command may set its own time, and 0 runs it for each request', async () => {
  let runs = 0
  let finish: (() => void) | undefined
  const tidings = createServer(contract, {
    pay: {
      run: async ({ input }) => {
        runs += 1
        if (input.amount === 1_000) await new Promise<void>((resolve) => (finish = resolve))
        return { receipt: runs }
      },
      idempotencyMs: 0,
    },
    note: () => {},
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const pay = (amount: number) => post(`${url}/pay`, { amount }, { 'idempotency-key': 'k' })
  for (const receipt of [1, 2]) expect((await pay(5)).body).toEqual({ receipt })
  const both = [pay(1_000), pay(1_000)]
  await until(() => finish !== undefined, 'it ran')
  // The second is refused where it does not share the run.
  expect((await pay(5)).status).toBe(409)
  finish?.()
  expect((await Promise.all(both)).map(({ body }) => body)).toEqual([{ receipt: 3 }, { receipt: 3 }])
})

it('a response too long to be kept is sent once, and a retry gets an error that the command ran', async () => {
  let runs = 0
  const tidings = createServer(contract, {
    pay: ({ fail }) => {
      runs += 1
      throw fail('broke', { missing: 1 }, 'x'.repeat(100_000))
    },
    note: () => {},
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const pay = () => post(`${url}/pay`, { amount: 1 }, { 'idempotency-key': 'k' })
  expect(await pay()).toMatchObject({ status: 422, body: { code: 'broke' } })
  const detail = expect.stringMatching(
    /^The command has run, but its response of 100\d+ bytes was not kept for retries/,
  )
  expect(await pay()).toMatchObject({ status: 409, body: { code: 'conflict', detail } })
  expect(runs).toBe(1)
})

it('anonymous callers share the allowance of their address, and may use another address', async () => {
  const runs: number[] = []
  const tidings = createServer(contract, {
    pay: ({ input }) => ({ receipt: runs.push(input.amount) }),
    note: () => {},
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings), (request, _response, next) => {
    request.app.set('trust proxy', true)
    next()
  })
  const pay = (amount: number, key: string, address: string) =>
    post(`${url}/pay`, { amount }, { 'idempotency-key': key, 'x-forwarded-for': address })
  expect((await pay(5, 'a', '10.0.0.1')).body).toEqual({ receipt: 1 })
  for (let n = 0; n < 1_010; n += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, m) => pay(6, `stranger ${n + m}`, '10.0.0.2')))
  }
  expect((await pay(5, 'a', '10.0.0.1')).body).toEqual({ receipt: 1 })
  expect((await pay(5, 'a', '10.0.0.3')).body).toEqual({ receipt: 1 })
  expect(runs.filter((amount) => amount === 5)).toHaveLength(1)
})

it.each([
  ['', 'is empty'],
  ['   ', 'is empty'],
  ['k'.repeat(256), 'has 256 characters'],
])('a key that cannot be one is refused: "%s"', async (key, what) => {
  const { pay, runs } = await start()
  const detail = `The Idempotency-Key ${what}. Send a new key of 1 to 255 characters for each command`
  expect(await pay(5, key)).toMatchObject({ status: 400, body: { code: 'bad_request', detail } })
  expect(runs).toEqual([])
  expect((await pay(5, 'k'.repeat(255))).status).toBe(200)
})

it.each<[pay: unknown, message: string]>([
  [undefined, 'handlers.pay is missing. The command needs a handler function'],
  [{}, 'handlers.pay.run is missing. The command needs a handler function'],
  [{ run: 5 }, 'handlers.pay.run is a value of type number. The command needs a handler function'],
  [
    { run: () => {}, idempotency: 0 },
    'handlers.pay has unknown key "idempotency". Expected one of run, idempotencyMs',
  ],
  [{ run: () => {}, idempotencyMs: -1 }, 'handlers.pay.idempotencyMs is -1. Give a number of 0 or more'],
])('a handler that cannot work is refused: %j', (pay, message) => {
  expect(() => createServer(contract, { pay, note: () => {} } as never)).toThrow(`createServer: ${message}`)
})

it('without principals, callers are told apart by their credentials', async () => {
  const tidings = createServer(contract, {
    pay: ({ input }) => ({ receipt: input.amount }),
    note: () => {},
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const pay = (amount: number, authorization: string) =>
    post(`${url}/pay`, { amount }, { 'idempotency-key': '1', authorization })
  expect((await pay(1, 'Bearer ada')).body).toEqual({ receipt: 1 })
  expect((await pay(2, 'Bearer eve')).body).toEqual({ receipt: 2 })
  expect((await pay(2, 'Bearer ada')).status).toBe(409)
})

it('a server closes although a command that has a key never returns', async () => {
  const { tidings, pay, runs } = await start()
  void pay(5_000, 'a').catch(() => {})
  await until(() => runs.length === 1, 'it ran')
  await tidings.close({ drainMs: 0 })
  expect(runs[0]?.signal.aborted).toBe(true)
})
