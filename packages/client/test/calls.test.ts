import { isTidingsError } from '@tidings/core'
import { listen, pause, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { connect, startServer } from './harness.js'

describe('a command', () => {
  it('resolves with its output, decoded', async () => {
    const { url } = await startServer()
    const { client } = connect(`${url}/`)
    expect(await client.send({ text: 'hi' })).toEqual({ text: 'hi', sentAt: new Date(0) })
    expect(await client.ping()).toBeUndefined()
  })

  it('rejects with its declared error, whose data is decoded', async () => {
    const { url } = await startServer({
      send: ({ fail }) => {
        throw fail('muted', { until: new Date(7) }, 'You are muted')
      },
    })
    const { client } = connect(url)
    const error: unknown = await client.send({ text: 'hi' }).catch((caught: unknown) => caught)
    expect(client.send.isError(error)).toBe(true)
    if (!client.send.isError(error) || error.code !== 'muted') throw error
    expect(error.data.until).toEqual(new Date(7))
    expect(error).toMatchObject({ message: 'You are muted', status: 422 })
  })

  it('rejects invalid input with its issues, without a request', async () => {
    const { url, requests } = await startServer()
    const call = connect(url).client.send({ text: 'x'.repeat(21) })
    await expect(call).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: ['text'], code: 'too_big' }],
    })
    expect(requests).toEqual([])
  })

  it("rejects with the server's error", async () => {
    const { url } = await startServer({
      send: () => {
        throw new Error('hunter2')
      },
    })
    const error: unknown = await connect(url)
      .client.send({ text: 'hi' })
      .catch((caught: unknown) => caught)
    expect(isTidingsError(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'internal',
      status: 500,
      message: 'The server failed to handle this request',
    })
  })

  it('rejects with `network` without a server, and with `invalid_response` for a response of another server', async () => {
    const { url, stop } = await startServer()
    await stop()
    await expect(connect(url).client.ping()).rejects.toMatchObject({
      code: 'network',
      status: 0,
      message: expect.stringMatching(/^The request to http:.*\/ping failed: .*ECONNREFUSED/),
    })
    const other = await listen((_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html', 'retry-after': '3' }).end('<h1>Bad Gateway</h1>')
    })
    await expect(connect(other.origin).client.ping()).rejects.toMatchObject({
      code: 'invalid_response',
      status: 502,
      retryAfterMs: 3_000,
      message: expect.stringContaining('answered 502 with text/html'),
    })
    const odd = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"text":1}')
    })
    await expect(connect(odd.origin).client.send({ text: 'hi' })).rejects.toMatchObject({
      code: 'invalid_response',
      issues: [{ path: ['text'] }, { path: ['sentAt'] }],
    })
  })

  it('is aborted by its signal and by closing the client', async () => {
    let running = 0
    const { url } = await startServer({
      send: ({ signal }) =>
        new Promise((resolve) => {
          running += 1
          signal.addEventListener('abort', () => {
            running -= 1
            resolve({ text: '', sentAt: new Date(0) })
          })
        }),
    })
    const { client } = connect(url)
    const abort = new AbortController()
    const aborted = client.send({ text: 'a' }, { signal: abort.signal }).catch((error: unknown) => error)
    const closed = client.send({ text: 'b' }).catch((error: unknown) => error)
    await until(() => running === 2, 'both were running')
    abort.abort('enough')
    expect(await aborted).toMatchObject({ code: 'aborted', cause: 'enough' })
    client.close()
    expect(await closed).toMatchObject({ code: 'closed' })
    await until(() => running === 0, 'the server had noticed')
  })
})

describe('a stream', () => {
  it('yields its events, then has its output', async () => {
    const { url } = await startServer()
    const run = connect(url).client.count({ to: 3 })
    const got: number[] = []
    for await (const event of run) got.push(event.data)
    expect(got).toEqual([1, 2, 3])
    expect(await run.output).toEqual({ total: 3 })
  })

  it('resolves its output without iteration, and throws when it is iterated afterwards', async () => {
    const { url } = await startServer()
    const run = connect(url).client.count({ to: 1_000 })
    expect(await run.output).toEqual({ total: 1_000 })
    expect(() => run[Symbol.asyncIterator]()).toThrow(/its output was awaited first/)
  })

  it('can be awaited while it is iterated, but iterated only once', async () => {
    const { url } = await startServer()
    const run = connect(url).client.count({ to: 2 })
    const read = async () => {
      const got: number[] = []
      for await (const event of run) got.push(event.data)
      return got
    }
    expect(await Promise.all([run.output, read()])).toEqual([{ total: 2 }, [1, 2]])
    await expect(read()).rejects.toMatchObject({ message: expect.stringContaining('are already being read') })
  })

  it.each(['leaving the loop', 'its signal', 'dispose', 'closing the client'])(
    'is ended by %s, also on the server',
    async (way) => {
      let cleaned = 0
      const { url, tidings } = await startServer({
        count: async function* ({ signal }) {
          try {
            for (let n = 1; !signal.aborted; n += 1) {
              yield { type: 'number', data: n }
              await pause(1)
            }
          } finally {
            cleaned += 1
          }
          return { total: 0 }
        },
      })
      const { client } = connect(url)
      const abort = new AbortController()
      const run = client.count({ to: 1 }, { signal: abort.signal })
      const read = async () => {
        for await (const event of run) {
          if (event.data < 3) continue
          if (way === 'leaving the loop') return 'left'
          if (way === 'its signal') abort.abort()
          if (way === 'dispose') run[Symbol.dispose]()
          if (way === 'closing the client') client.close()
        }
        return 'over'
      }
      const code = way === 'closing the client' ? 'closed' : 'aborted'
      if (way === 'leaving the loop') expect(await read()).toBe('left')
      else await expect(read()).rejects.toMatchObject({ code })
      await expect(run.output).rejects.toMatchObject({ code })
      await until(() => cleaned === 1 && tidings.stats().running === 0, 'the server had noticed')
    },
  )

  it('throws its declared error in the loop, decoded, and rejects its output with it', async () => {
    const { url } = await startServer({
      count: async ({ emit, fail }) => {
        await emit.number(1)
        throw fail('tooMany', { max: 3, at: new Date(9) })
      },
    })
    const { client } = connect(url)
    const run = client.count({ to: 9 })
    const got: number[] = []
    const error: unknown = await (async () => {
      for await (const event of run) got.push(event.data)
    })().catch((caught: unknown) => caught)
    if (!client.count.isError(error) || error.code !== 'tooMany') throw error
    expect(error.data).toEqual({ max: 3, at: new Date(9) })
    expect(got).toEqual([1])
    await expect(run.output).rejects.toBe(error)
  })

  it('rejects when it is refused, cut off or fails, and never ends the process', async () => {
    const { url, cut } = await startServer({
      count: async ({ input, emit, signal }) => {
        await emit.number(1)
        if (input.to === 1) throw new Error('hunter2')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return { total: 0 }
      },
    })
    const { client } = connect(url)
    client.count({ to: -1 })
    await expect(client.count({ to: -1 }).output).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject({ code: 'internal' })
    const run = client.count({ to: 2 })
    const read = async () => {
      for await (const _event of run) cut()
    }
    await expect(read()).rejects.toMatchObject({ code: 'network' })
    await expect(run.output).rejects.toMatchObject({ code: 'network' })
  })
})
