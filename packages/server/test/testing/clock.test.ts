import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { scenarios } from './clock-scenarios.js'
import { startServer } from './kit.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('the clock of the kit moves', () => {
  it.each(Object.entries(scenarios))('%s', (_, run) => run())

  it('and runs on in real time, with timers as the runtime has them', async () => {
    const { setTimeout: real } = globalThis
    const { server } = startServer()
    expect(setTimeout).not.toBe(real)
    const calls: string[] = []
    const pause = promisify(setTimeout)
    expect(await pause(1, 'passed')).toBe('passed')
    const interval = setInterval((name: string) => calls.push(name), 60_000, 'interval')
    const kept = setTimeout(() => calls.push('kept'), 90_000)
    const cleared = setTimeout(() => calls.push('cleared'), 1_000)
    clearTimeout(cleared)
    const byNumber = setTimeout(() => calls.push('by number'), 1_000)
    clearTimeout(Number(byNumber))
    const refreshed = setTimeout(() => calls.push('refreshed'), 50_000)
    expect([kept.hasRef(), kept.unref().hasRef(), kept.ref().hasRef()]).toEqual([true, false, true])
    await server.clock.advance(40_000)
    refreshed.refresh()
    await server.clock.advance(60_000)
    expect(calls).toEqual(['interval', 'kept', 'refreshed'])
    await server.clock.advance(30_000)
    expect(calls.at(-1)).toBe('interval')
    clearInterval(interval)
    await server.clock.advance(600_000)
    expect(calls).toHaveLength(4)
    // Moved to shortly before it is due, a timer does not need the clock to be moved on.
    const due = new Promise((resolve) => setTimeout(resolve, 60_000))
    await server.clock.advance(59_990)
    await due
    expect(new Date()).toBeInstanceOf(Date)
    expect(new Date(0).getTime()).toBe(0)
    expect(Date()).toBe(new Date().toString())
    expect(() => setTimeout('code' as never, 1)).toThrow('Give a function')
    await expect(server.clock.advance(Number.NaN)).rejects.toThrow('ms is NaN')
    const { server: second } = startServer()
    await server.close()
    expect(setTimeout).not.toBe(real)
    await second.close()
    expect(setTimeout).toBe(real)
  })

  it.each([
    ['its own clock', () => {}],
    ['fake timers', () => void vi.useFakeTimers()],
  ])('on while it closes with calls that do not return, with %s', async (_which, begin) => {
    begin()
    const { server } = startServer()
    const ada = server.client()
    for (const text of ['stuck', 'slow']) ada.send({ roomId: 'lobby', text }).catch(() => {})
    await server.clock.advance(100)
    await expect(server.close()).resolves.toBeUndefined()
  })

  it('on while it closes, and fails the test with what a timer throws then', async () => {
    const { server } = startServer()
    server
      .client()
      .send({ roomId: 'lobby', text: 'stuck' })
      .catch(() => {})
    await server.clock.advance(100)
    setTimeout(() => {
      throw new Error('a bug in a timer')
    }, 500)
    await expect(server.close()).rejects.toThrow('- in a timer: Error: a bug in a timer')
  })

  it('the date by no less than what was asked for', async () => {
    const { server } = startServer()
    const moved: number[] = []
    for (let n = 0; n < 300; n += 1) {
      const before = Date.now()
      // A timer that takes a part of a millisecond.
      setTimeout(() => {
        for (const until = performance.now() + 0.3; performance.now() < until; );
      }, 50)
      await server.clock.advance(100)
      moved.push(Date.now() - before)
    }
    expect(moved.filter((ms) => ms < 100)).toEqual([])
  })

  it('until fake timers replace it', async () => {
    const { server } = startServer()
    vi.useFakeTimers()
    await expect(server.clock.advance(1)).rejects.toThrow('Call vi.useFakeTimers() before createTestServer')
  })

  it('and is the real one again after the server was closed under fake timers', async () => {
    const { server } = startServer()
    await server.clock.advance(3_600_000)
    let calls = 0
    const kept = setInterval(() => {
      calls += 1
    }, 1)
    const ahead = [Date.now(), performance.now()] as const
    vi.useFakeTimers()
    await server.close()
    vi.useRealTimers()
    expect(Date.now()).toBeLessThan(ahead[0] - 1_800_000)
    expect(performance.now()).toBeLessThan(ahead[1] - 1_800_000)
    expect(await promisify(setTimeout)(1, 'passed')).toBe('passed')
    const before = calls
    await vi.waitFor(() => expect(calls).toBeGreaterThan(before + 2))
    clearInterval(kept)
    const handle = setTimeout(() => {}, 60_000)
    expect(Number(handle)).toBeLessThan(2 ** 40)
    clearTimeout(handle)
  })
})

describe("Vitest's fake timers move", () => {
  it.each(Object.entries(scenarios))('%s', async (_, run) => {
    vi.useFakeTimers()
    await run()
  })

  it('nothing by themselves, while everything else goes on', async () => {
    vi.useFakeTimers()
    const { server } = startServer()
    const ada = server.client()
    const begin = Date.now()
    await ada.room({ roomId: 'lobby' }).subscribe({}).ready
    await ada.send({ roomId: 'lobby', text: 'hello' })
    expect(await server.next(ada.room({ roomId: 'lobby' }), 'message')).toMatchObject({ text: 'hello' })
    expect(Date.now()).toBe(begin)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.clock.now()).toBe(begin + 60_000)
  })

  it('performance.now() as well, which is restored in whichever order the servers are closed', async () => {
    const { now } = performance
    for (const isReversed of [false, true]) {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
      const servers = [startServer().server, startServer().server]
      if (isReversed) servers.reverse()
      const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]]
      await first.close()
      const before = performance.now()
      await second.clock.advance(60_000)
      expect(performance.now() - before).toBe(60_000)
      await second.close()
      vi.useRealTimers()
      expect(performance.now).toBe(now)
    }
  })

  it('not a server that they were restored under, and only together with Date', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const { server } = startServer()
    await expect(server.clock.advance(60_000)).rejects.toThrow('Fake Date as well: vi.useFakeTimers()')
    vi.useRealTimers()
    await expect(server.clock.advance(1)).rejects.toThrow('the timers were restored after createTestServer')
  })
})

it("moves node's mocked timers, or says how to give them", async () => {
  const file = fileURLToPath(new URL('clock-node.ts', import.meta.url))
  const args = ['--conditions=@tidings/source', '--import=tsx', '--test-reporter=spec', '--test', file]
  // A test of node:test in a worker of Vitest would take itself for a part of another run.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect({ code, output }).toEqual({
    code: 0,
    output: expect.stringContaining(`pass ${Object.keys(scenarios).length + 3}`),
  })
})
