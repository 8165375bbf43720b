import type { RequestListener } from 'node:http'
import type { TidingsError } from '@tidings/core'
import { listen, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { connect, startServer } from './harness.js'

/** A mount that redirects to another server's. */
async function redirecting(status: number) {
  const { url, requests } = await startServer()
  const seen: string[] = []
  const answer: RequestListener = (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.writeHead(status, { location: url + (request.url ?? '').slice('/old'.length) }).end()
  }
  const { origin } = await listen(answer)
  return { url, requests, seen, old: `${origin}/old` }
}

describe('a redirect in front of the mount', () => {
  it.each([301, 308])('with %i is final, is not followed, and is reported with a remedy', async (status) => {
    const { url, requests, old } = await redirecting(status)
    const { client, state } = connect(old)
    const problems: TidingsError[] = []
    client.ticks().subscribe({ error: (problem) => problems.push(problem) })
    await until(() => problems.length > 0, 'it was refused')
    const message = `${old} answered ${status} a redirect to ${url}. Redirects are not followed: set the client's url to the target`
    expect(problems).toMatchObject([{ code: 'invalid_response', status, message }])
    expect(state()).toMatchObject({ status: 'closed', problem: { status } })
    await expect(client.send({ text: 'hi' })).rejects.toMatchObject({ code: 'invalid_response', status })
    expect(requests).toEqual([])
  })

  it.each([302, 303, 307])(
    'with %i is reported and retried, as it may lead to a maintenance page',
    async (status) => {
      const { requests, seen, old } = await redirecting(status)
      const { client, errors } = connect(old, { headers: { authorization: 'Bearer ada' } })
      client.ticks().on('tick', () => {})
      await until(() => seen.length > 2, 'it was tried again')
      expect(errors[0]).toMatchObject({ status, message: expect.stringContaining('a redirect to ') })
      await expect(client.send({ text: 'hi' })).rejects.toMatchObject({ status })
      expect(requests).toEqual([])
    },
  )

  it('is reported when the browser hides it', async () => {
    const { client, errors } = connect('http://tidings.test/events', {
      fetch: async () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' }),
    })
    client.ticks().on('tick', () => {})
    await until(() => errors.length > 1, 'the handler was called')
    expect(errors[0]?.message).toContain(
      "answered with a redirect. Redirects are not followed: set the client's url",
    )
  })
})

describe('204 for an event stream', () => {
  it('stops the client from reconnecting', async () => {
    let requests = 0
    const { origin } = await listen((_request, response) => {
      requests += 1
      response.writeHead(204).end()
    })
    const { client, state } = connect(origin)
    const problems: TidingsError[] = []
    client.ticks().subscribe({ error: (problem) => problems.push(problem) })
    await until(() => state().status === 'closed', 'it was refused')
    const message = `${origin}/ answered 204, which asks a client not to reconnect`
    expect(problems).toMatchObject([{ code: 'invalid_response', status: 204, message }])
    expect(requests).toBe(1)
  })
})

describe('media types', () => {
  it.each(['Text/Event-Stream', 'text/event-stream;charset=UTF-8', 'TEXT/EVENT-STREAM ; a="b;c"'])(
    '%s is an event stream',
    async (contentType) => {
      const { origin } = await listen((_request, response) => {
        response.writeHead(200, { 'content-type': contentType })
        response.write('event: $open\ndata: {"id":"a","heartbeatMs":5000}\n\n')
      })
      const asked: string[] = []
      const { client } = connect(origin, {
        fetch: async (url, init) => {
          if (init?.method !== 'POST') return fetch(url, init)
          asked.push(String(url))
          return new Response('{"results":[{"status":"done"}]}')
        },
      })
      client.ticks().on('tick', () => {})
      await until(() => asked.length > 0, 'it was open')
    },
  )

  it.each(['text/event-streams', 'text/event-stream+json', 'text/html'])(
    '%s is not an event stream',
    async (contentType) => {
      const { origin } = await listen((_request, response) => {
        response.writeHead(200, { 'content-type': contentType })
        response.end('event: $open\ndata: {"id":"a","heartbeatMs":5000}\n\n')
      })
      const { client, state, errors } = connect(origin)
      client.ticks().on('tick', () => {})
      await until(() => errors.length > 1, 'the handler was called')
      const message = `${origin}/ answered 200 with ${contentType}, which is not a Tidings response`
      expect(errors[0]).toMatchObject({ code: 'invalid_response', message })
      expect(state().status).not.toBe('open')
    },
  )

  it.each([
    ['Application/Problem+JSON', 'unauthorized'],
    ['application/problem+json; charset=utf-8', 'unauthorized'],
    ['application/problem+jsonp', 'invalid_response'],
  ])("%s: the error's code is %s", async (contentType, code) => {
    const { origin } = await listen((_request, response) => {
      response.writeHead(401, { 'content-type': contentType })
      response.end(JSON.stringify({ title: '', status: 401, detail: 'Who are you?', code: 'unauthorized' }))
    })
    await expect(connect(origin).client.ping()).rejects.toMatchObject({ code, status: 401 })
  })
})

describe('an event without an end', () => {
  const endless: [what: string, piece: string][] = [
    ['one line', 'x'.repeat(65_536)],
    ['lines', `data: ${'x'.repeat(65_536)}\n`],
    ['lines that end in CR and LF', `data: ${'x'.repeat(65_536)}\r\n`],
  ]

  /** A server that sends it for as long as it is read. */
  async function endlessServer(piece: string) {
    let bytes = 0
    const { origin } = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: $open\ndata: {"id":"a","heartbeatMs":60000}\n\ndata: ')
      const send = () => {
        while (!response.destroyed) {
          bytes += piece.length
          if (!response.write(piece)) break
        }
      }
      response.on('drain', send)
      send()
    })
    return { origin, sent: () => bytes }
  }

  it.each(endless)('of %s breaks the connection', async (_what, piece) => {
    const { origin } = await endlessServer(piece)
    const { client, errors } = connect(origin, {
      fetch: async (url, init) =>
        init?.method === 'POST' ? new Response('{"results":[{"status":"done"}]}') : fetch(url, init),
    })
    client.ticks().on('tick', () => {})
    await until(() => errors.length > 0, 'the handler was called')
    expect(errors[0]).toMatchObject({
      code: 'invalid_response',
      message: expect.stringMatching(
        /^The server sent an event of 16\d{6} characters. The limit is 16777216/,
      ),
    })
  })
})
