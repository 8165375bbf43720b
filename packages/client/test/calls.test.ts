import { isTidingsError } from '@tidings/core'
import { listen, until } from '@tidings/test-kit'
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
