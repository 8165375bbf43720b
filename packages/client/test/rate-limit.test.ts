import { createServer, implement, rateLimit } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contract } from './contract.js'
import { connect } from './harness.js'

/** A server whose clients may make one request, and then others at a rate; and the times of its control requests. */
async function start(perSecond: number) {
  const app = implement(contract).use(rateLimit({ burst: 1, perSecond }))
  const handlers = app.handlers(contract, {
    room: { snapshot: ({ params }) => ({ messages: [params.roomId] }) },
    send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
    ping: () => {},
    count: async () => ({ total: 0 }),
  })
  const tidings = createServer(app, handlers)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const controls: number[] = []
  const host = express()
  host.use((request, _response, next) => {
    if (request.url.includes('$connections')) controls.push(performance.now())
    next()
  })
  host.use('/events', expressHandler(tidings))
  const { origin } = await listen(host)
  return { tidings, controls, url: `${origin}/events` }
}

describe('at a rate limit', () => {
  it('commands and streams reject with the time until the next token', async () => {
    const { url } = await start(0.1)
    const { client } = connect(url)
    await client.ping()
    const refusal = {
      code: 'too_many_requests',
      status: 429,
      retryAfterMs: expect.closeTo(10_000, -4),
      message: expect.stringMatching(/^You are requesting "(ping|count)" too often\. Try again in \d+ s$/),
    }
    await expect(client.ping()).rejects.toMatchObject(refusal)
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject(refusal)
  })

  it('a subscription is requested again once there is a token, and then live', async () => {
    const { url, controls, tidings } = await start(2)
    const { client, reports } = connect(url)
    const got: string[] = []
    const subscribe = (roomId: string) =>
      client.room({ roomId }).subscribe({
        snapshot: ({ messages }) => got.push(...messages),
        typing: (author) => got.push(author),
      })
    subscribe('a')
    subscribe('b')
    await until(() => got.length === 2, 'both rooms had their snapshots')
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await tidings.emit.room({ roomId: 'b' }).typing('bob')
    await until(() => got.length === 4, 'both rooms are live')
    expect(got).toEqual(['a', 'b', 'ada', 'bob'])
    const [problem, context] = reports[0] ?? []
    expect(problem).toMatchObject({ code: 'too_many_requests', status: 429 })
    expect(context).toEqual({ channel: 'room', topic: 'roomId=b' })
    expect(problem?.retryAfterMs).toBeGreaterThan(0)
    const [first = 0] = controls
    // A timer may fire a millisecond early.
    expect((controls.at(-1) ?? 0) - first).toBeGreaterThanOrEqual((problem?.retryAfterMs ?? 0) - 1)
  })
})
