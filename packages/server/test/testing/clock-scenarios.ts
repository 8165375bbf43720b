import assert from 'node:assert/strict'
import type { ServerOptions } from '../../src/index.js'
import { createTestServer, type MockedTimers } from '../../src/testing.js'
import { contract } from './contract.js'

type Options = ServerOptions<{ expiresAt?: Date } | undefined>

/** A server whose clock is `clock`, or the one that is on, with a client that counts what it receives. */
async function start(clock: MockedTimers | undefined, options: Options = {}, headers = () => ({})) {
  const signals: AbortSignal[] = []
  const connected: string[] = []
  const disconnected: string[] = []
  const server = createTestServer(
    contract,
    {
      hooks: {
        connected: ({ kind }) => void connected.push(kind),
        disconnected: ({ reason }) => void disconnected.push(reason),
      },
      ...(clock && { clock }),
      ...options,
    },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: () => ({ sentAt: new Date() }),
      count: {
        lingerMs: 5_000,
        keepMs: 60_000,
        run: async function* ({ input, signal }) {
          signals.push(signal)
          yield { type: 'number', data: 1 }
          if (input.to === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return { total: input.to }
        },
      },
    },
  )
  const ada = server.client({ headers })
  const ticks: number[] = []
  const gaps: string[] = []
  ada.ticks().subscribe({ tick: (tick) => ticks.push(tick), gap: ({ reason }) => gaps.push(reason) })
  await server.clock.advance(0)
  assert.equal(ada.connection.state.status, 'open')
  return { server, ada, ticks, gaps, signals, connected, disconnected }
}

/** What moves with the clock of a test: each has to hold on every clock. */
export const scenarios: Readonly<Record<string, (clock?: MockedTimers) => Promise<void>>> = {
  async 'the time, to the millisecond'(clock) {
    const { server } = await start(clock)
    const before = server.clock.now()
    const [date, elapsed] = [Date.parse(new Date().toISOString()), performance.now()]
    await server.clock.advance(86_400_000)
    for (const [moved, what] of [
      [server.clock.now() - before, 'now()'],
      [Date.parse(new Date().toISOString()) - date, 'Date'],
      [performance.now() - elapsed, 'performance'],
    ] as const) {
      assert.ok(moved >= 86_400_000 - 1 && moved < 86_500_000, `${what} moved by ${moved} ms`)
    }
    await server.close()
  },

  async 'heartbeats: an open connection stays open'(clock) {
    const { server, ada, connected, disconnected } = await start(clock)
    await server.clock.advance(600_000)
    assert.equal(ada.connection.state.status, 'open')
    assert.deepEqual([connected, disconnected], [['shared'], []])
    await server.close()
  },

  async 'the longest time of a connection'(clock) {
    const { server, connected, disconnected } = await start(clock, { maxConnectionMs: 60_000 })
    await server.clock.advance(40_000)
    assert.deepEqual(disconnected, [])
    await server.clock.advance(30_000)
    assert.deepEqual([connected.length, disconnected], [2, ['expired']])
    await server.close()
  },

  async 'credentials that expire, and are renewed'(clock) {
    let isRenewing = true
    let expiresAt = 0
    const renew = () => {
      if (isRenewing) expiresAt = Date.now() + 60_000
      return {}
    }
    const context = () => ({ expiresAt: new Date(expiresAt) })
    const { server, ada, disconnected } = await start(clock, { context }, renew)
    await server.clock.advance(300_000)
    assert.deepEqual([ada.connection.state.status, disconnected], ['open', []])
    isRenewing = false
    await server.clock.advance(120_000)
    assert.deepEqual([ada.connection.state.status, disconnected], ['closed', ['unauthorized']])
    await server.expectError('unauthorized')
    await server.close()
  },

  async 'the history that a client resumes from'(clock) {
    const { server, ada, ticks, gaps } = await start(clock, { history: { ms: 60_000 } })
    const away = async (ms: number) => {
      server.network.cut(ada)
      await server.emit.ticks().tick(ms)
      await server.clock.advance(ms)
      server.network.restore(ada)
      ada.reconnect()
      await server.clock.advance(1_000)
    }
    await away(30_000)
    assert.deepEqual([ticks, gaps], [[30_000], []])
    await away(90_000)
    assert.deepEqual([ticks, gaps.length], [[30_000], 1])
    await server.close()
  },

  async 'the waits between attempts to connect'(clock) {
    const { server, ada } = await start(clock)
    const attempts: number[] = []
    ada.connection.on('change', (state) => {
      if (state.status === 'waiting') attempts.push(state.attempt)
    })
    server.network.cut(ada)
    await server.clock.advance(1_000)
    const early = attempts.length
    assert.ok(early >= 1 && early <= 6, `${early} attempts in a second`)
    await server.clock.advance(600_000)
    assert.ok(attempts.length > early + 10 && attempts.length < 80, `${attempts.length} attempts in all`)
    await server.close()
  },

  async 'the time that a run lingers without readers'(clock) {
    const { server, ada, signals } = await start(clock)
    const run = ada.count({ to: 0 })
    await server.clock.advance(0)
    server.network.cut(ada)
    await server.clock.advance(4_000)
    assert.equal(signals[0]?.aborted, false)
    await server.clock.advance(6_000)
    assert.equal(signals[0]?.aborted, true)
    run[Symbol.dispose]()
    await server.close()
  },

  async 'the time that a run stays readable after its end'(clock) {
    const { server, ada } = await start(clock)
    const { id, output } = ada.count({ to: 1 })
    assert.deepEqual(await output, { total: 1 })
    await server.clock.advance(50_000)
    assert.deepEqual(await ada.count.attach(id).output, { total: 1 })
    await server.clock.advance(20_000)
    await assert.rejects(ada.count.attach(id).output, { code: 'not_found' })
    await server.close()
  },
}
