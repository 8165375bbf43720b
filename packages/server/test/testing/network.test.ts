import { until } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import { startServer } from './kit.js'

const lobby = { roomId: 'lobby' }

/** A server with a client that is subscribed, and what that has received. */
async function subscribed(options: Parameters<typeof startServer>[0] = {}) {
  const reasons: string[] = []
  const hooks = { disconnected: ({ reason }: { reason: string }) => void reasons.push(reason) }
  const kit = startServer({ hooks, ...options })
  const ada = kit.server.client()
  const ticks: number[] = []
  const gaps: string[] = []
  await ada.ticks().subscribe({ tick: (tick) => ticks.push(tick), gap: ({ reason }) => gaps.push(reason) })
    .ready
  const came = (count: number) => until(() => ticks.length === count, `${count} ticks had come`)
  return { ...kit, ada, ticks, gaps, came, reasons }
}

it('cuts a client off on both sides, which resumes without a loss', async () => {
  const { server, ada, ticks, gaps, came, reasons } = await subscribed()
  await server.emit.ticks().tick(1)
  await came(1)
  server.network.cut(ada)
  await until(() => reasons.length === 1, 'the server had noticed')
  expect(reasons).toEqual(['left'])
  await until(() => ada.connection.state.status === 'waiting', 'the client had noticed')
  await expect(ada.send({ ...lobby, text: 'x' }, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'network' })
  await server.emit.ticks().tick(2)
  await server.clock.advance(3_000)
  expect(ticks).toEqual([1])
  server.network.restore(ada)
  await server.clock.advance(30_000)
  await server.emit.ticks().tick(3)
  await came(3)
  expect(ticks).toEqual([1, 2, 3])
  expect(gaps).toEqual([])
  await server.close()
})

it('breaks a command that is on its way: its handler learns that the caller has left', async () => {
  const { server, ada, signals } = await subscribed()
  const answer = ada.send({ ...lobby, text: 'wait' }, { timeoutMs: 100 })
  await until(() => signals.length === 1, 'the handler ran')
  server.network.cut(ada)
  await expect(answer).rejects.toMatchObject({ code: 'network' })
  // A retry would get the answer, and has some time to come.
  await server.clock.advance(60_000)
  expect(signals[0]?.aborted).toBe(true)
})

it('loses requests and responses, so that a command is sent again and runs once', async () => {
  const { server, ada, sent } = await subscribed()
  const answers: string[] = []
  const send = (text: string) => ada.send({ ...lobby, text }).then(() => answers.push(text))
  server.network.lose(ada, 'request')
  void send('one')
  await server.clock.advance(0)
  expect([sent(), answers]).toEqual([0, []])
  await server.clock.advance(10_000)
  expect([sent(), answers]).toEqual([1, ['one']])
  server.network.lose(ada, 'response', 2)
  void send('two')
  await server.clock.advance(0)
  expect([sent(), answers]).toEqual([2, ['one']])
  await server.clock.advance(10_000)
  expect([sent(), answers]).toEqual([2, ['one', 'two']])
})

it('delays what it carries, by the clock', async () => {
  const { server, ada, ticks, came } = await subscribed()
  server.network.delay(ada, 20_000)
  await server.emit.ticks().tick(1)
  await server.clock.advance(9_000)
  await server.emit.ticks().tick(2)
  await server.clock.advance(9_000)
  expect(ticks).toEqual([])
  await server.clock.advance(2_000)
  expect(ticks).toEqual([1])
  await server.clock.advance(9_000)
  await came(2)
})

it('delays a response once: its body follows its headers', async () => {
  const { server, ada, sent } = await subscribed()
  server.network.delay(ada, 4_000)
  const answers: string[] = []
  const answered = ada.send({ ...lobby, text: 'one' }).then(() => answers.push('one'))
  await server.clock.advance(3_500)
  expect(sent()).toBe(0)
  await server.clock.advance(500)
  expect(sent()).toBe(1)
  await server.clock.advance(3_500)
  expect(answers).toEqual([])
  await server.clock.advance(500)
  await answered
  expect(answers).toEqual(['one'])
})

it('breaks a response whose headers are on their way: the client sends the command again at once', async () => {
  const { server, ada, sent } = await subscribed()
  server.network.delay(ada, 6_000)
  const answers: string[] = []
  void ada.send({ ...lobby, text: 'one' }, { timeoutMs: 30_000 }).then(() => answers.push('one'))
  await server.clock.advance(7_000)
  expect(sent()).toBe(1)
  server.network.cut(ada)
  server.network.restore(ada)
  await server.clock.advance(3_000)
  expect([sent(), answers]).toEqual([1, ['one']])
})

it('holds everything back, until the client finds the connection silent', async () => {
  const { server, ada, ticks, came, reasons } = await subscribed({ heartbeatMs: 10_000 })
  server.network.hold(ada)
  await server.emit.ticks().tick(1)
  await server.clock.advance(15_000)
  expect(ada.connection.state.status).toBe('open')
  await server.clock.advance(10_000)
  expect(ada.connection.state.status).not.toBe('open')
  expect(reasons).toEqual([])
  expect(ticks).toEqual([])
  server.network.restore(ada)
  await server.clock.advance(40_000)
  await came(1)
})

it('keeps clients apart, and refuses those of others', async () => {
  const { server, ada, came } = await subscribed()
  const eve = server.client()
  server.network.cut(eve)
  await server.emit.ticks().tick(1)
  await came(1)
  server.network.restore(eve)
  await eve.send({ ...lobby, text: 'x' })
  const { server: other } = startServer()
  expect(() => other.network.cut(ada)).toThrow(
    'network.cut: the client was not made by this server. Make it with server.client()',
  )
  expect(() => server.network.delay(ada, -1)).toThrow('network.delay: ms is -1')
  expect(() => server.network.lose(ada, 'all' as never)).toThrow("Give 'request' or 'response'")
})
