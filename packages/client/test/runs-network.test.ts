import type { TidingsError } from '@tidings/core'
import { failingNetwork, listen, pause, seeded, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import type { Run } from '../src/index.js'
import { connect, startServer } from './harness.js'
import { type Harm, hostileProxy } from './hostile-proxy.js'

type Numbers = Run<{ number: number }, { total: number }>

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Reads a run to its end. */
async function numbersOf(run: Numbers): Promise<number[]> {
  const got: number[] = []
  for await (const event of run) got.push(event.data)
  return got
}

/** A handler that counts up to its input, with pauses. */
function slowly(started = { count: 0 }) {
  return async function* ({ input }: { input: { to: number } }) {
    started.count += 1
    for (let data = 1; data <= input.to; data += 1) {
      yield { type: 'number', data } as const
      if (data % 5 === 0) await pause(1)
    }
    return { total: input.to }
  }
}

describe('runs behind a network that harms every connection', () => {
  it.each([1, 2, 3])(
    'are started once, and yield every event once, to every reader (seed %d)',
    async (seed) => {
      const started = { count: 0 }
      const { port } = await startServer({ count: slowly(started) }, { heartbeatMs: 100 })
      const random = seeded(seed)
      const harms: Harm[] = ['cut', 'end', 'stall', 'refuse', 'html', 'delay', 'none']
      const proxy = await hostileProxy(port, () => ({
        harm: harms[Math.floor(random() * harms.length)] ?? 'none',
        afterBytes: Math.ceil(random() * 6_000),
      }))
      const url = `${proxy.origin}/events`
      const clients = [0, 1].map(() => connect(url, { timeoutMs: 20_000, lingerMs: 60_000 }).client)
      const runs = upTo(20).map((n) => {
        const client = clients[n % 2] as (typeof clients)[number]
        return { run: client.count({ to: n * 20 }), total: n * 20 }
      })
      let unreached = 0
      await Promise.all(
        runs.map(async ({ run, total }, index) => {
          const other = clients[index % 2] as (typeof clients)[number]
          const reading = numbersOf(run).catch((error: TidingsError) => error)
          await pause(100 * random())
          const got = await reading
          // All four requests to start it were refused or answered by the proxy, which is for the program to repeat.
          if (got instanceof Error) {
            expect(got.code).toMatch(/^(network|invalid_response)$/)
            unreached += 1
            return
          }
          expect(got).toEqual(upTo(total))
          // The other client attaches when the server is known to have the run.
          expect(await numbersOf(other.count.attach(run.id))).toEqual(upTo(total))
          expect(await run.output).toEqual({ total })
        }),
      )
      expect(unreached).toBeLessThan(4)
      expect(started.count).toBeLessThanOrEqual(20)
      expect(started.count).toBeGreaterThanOrEqual(20 - unreached)
      expect(proxy.done.cut + proxy.done.end + proxy.done.stall).toBeGreaterThan(0)
    },
    60_000,
  )
})

describe('a run whose connection is cut', () => {
  it('a hundred times yields every event once', async () => {
    const { url, cut } = await startServer({ count: slowly() })
    const run = connect(url).client.count({ to: 2_000 })
    const got: number[] = []
    for await (const { data } of run) {
      got.push(data)
      if (data % 20 === 0) cut()
    }
    expect(got).toEqual(upTo(2_000))
    expect(await run.output).toEqual({ total: 2_000 })
  })

  it('after its end is read to its output', async () => {
    let isOver = false
    const { url, cut } = await startServer({
      count: async ({ emit }) => {
        for (const n of upTo(10)) void emit.number(n)
        isOver = true
        return { total: 10 }
      },
    })
    const { client, isOpen } = connect(url)
    client.ticks().on('tick', () => {})
    await isOpen()
    const run = client.count({ to: 10 })
    await until(() => isOver, 'it was over')
    cut()
    expect(await numbersOf(run)).toEqual(upTo(10))
    expect(await run.output).toEqual({ total: 10 })
  })
})

describe('a run whose network falls silent', () => {
  it('notices, and continues on another connection', async () => {
    const go = { on: () => {} }
    const { port } = await startServer(
      {
        count: async ({ emit }) => {
          await emit.number(1)
          await new Promise<void>((resolve) => {
            go.on = resolve
          })
          await emit.number(2)
          return { total: 2 }
        },
      },
      { heartbeatMs: 100 },
    )
    const network = await failingNetwork(port)
    const run = connect(`${network.origin}/events`).client.count({ to: 2 })
    const got: number[] = []
    for await (const { data } of run) {
      got.push(data)
      if (data > 1) continue
      network.become('silent')
      go.on()
      setTimeout(() => network.become('up'), 200)
    }
    expect(got).toEqual([1, 2])
    expect(await run.output).toEqual({ total: 2 })
  })

  it('starts on a fresh connection when the kept-alive one is dead, 60 times of 60', async () => {
    const started = { count: 0 }
    const { port } = await startServer({ count: slowly(started) })
    const network = await failingNetwork(port)
    const totals: number[] = []
    for (const _time of upTo(60)) {
      const { client } = connect(`${network.origin}/events`)
      await client.ping()
      // What was open is lost for both ends, and neither is told.
      network.become('silent')
      network.become('up')
      totals.push((await client.count({ to: 3 }).output).total)
      client.close()
    }
    expect(totals).toEqual(Array(60).fill(3))
    expect(started.count).toBe(60)
  })

  it('starts once although its start and the answer to it were lost', async () => {
    const started = { count: 0 }
    const { url, port } = await startServer({ count: slowly(started) })
    let answers = 0
    const { origin } = await listen(async (request, response) => {
      let body = ''
      for await (const piece of request) body += String(piece)
      // The first start does not reach the server, and the answers to the next two do not reach the client.
      answers += 1
      if (answers === 1) return void response.destroy()
      const headers = new Headers(request.headers as Record<string, string>)
      // Without the name of the connection, the client learns only from the answer that the run was started.
      for (const name of ['host', 'connection', 'content-length', 'tidings-connection']) headers.delete(name)
      const answer = await fetch(`http://127.0.0.1:${port}${request.url}`, { method: 'POST', headers, body })
      if (answers < 4) return void response.destroy()
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    })
    const { client } = connect(url, {
      fetch: (to, init) => fetch(String(to).endsWith('/count') ? `${origin}/events/count` : to, init),
    })
    expect(await client.count({ to: 3 }).output).toEqual({ total: 3 })
    expect([answers, started.count]).toEqual([4, 1])
  })
})
