import { createServer as createHttp, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { channel, command, defineContract } from '@tidings/core'
import { listen, listenOnFreePort, until } from '@tidings/test-kit'
import type { RequestHandler } from 'express'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type ServerOptions } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { mount, open, post } from './harness.js'

const contract = defineContract({
  room: channel({ params: { id: z.string() }, events: { said: z.string() } }),
  box: channel({ params: { at: z.json() }, events: { moved: z.number() } }),
  echo: command({ input: z.json(), output: z.json() }),
})

type User = string | null

function start(options: ServerOptions<User> = {}) {
  const errors: unknown[] = []
  const asked: string[] = []
  const tidings = createServer(
    contract,
    {
      context: ({ headers, path }) => {
        asked.push(path)
        return headers.get('x-user')
      },
      onError: (error) => errors.push(error),
      ...options,
    },
    {
      room: { authorize: ({ params, context }) => params.id !== 'staff' || context === 'ada' },
      echo: ({ input }) => input,
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors, asked }
}

/** Mounts a server at `/events`, on Node's own HTTP server and in Express. */
const adapters = [
  ['node', (tidings: ReturnType<typeof start>['tidings']): RequestListener => nodeHandler(tidings)],
  [
    'Express',
    (tidings: ReturnType<typeof start>['tidings']): RequestListener =>
      express().use('/events', expressHandler(tidings)) as RequestListener,
  ],
] as const

/** Sends text over a connection, and gives all that is answered until that is closed. */
async function exchange(origin: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.end(text)
  return textOf(socket)
}

describe('a content type', () => {
  it.each([
    'application/json',
    'application/json;',
    'Application/JSON; charset=UTF-8',
    'application/json; charset="utf-8"; profile="https://example.org/a;b"',
    'application/json;v=1',
  ])('may be %s', async (contentType) => {
    const url = await mount(expressHandler(start().tidings))
    expect(await post(`${url}/echo`, { a: 1 }, { 'content-type': contentType })).toMatchObject({
      status: 200,
      body: { a: 1 },
    })
  })

  it.each([
    ['application/json; charset=latin1', 'in "latin1"'],
    ['application/jsonp', '"application/jsonp"'],
    ['text/plain; application/json', '"text/plain; application/json"'],
    ['application/json; charset', '"application/json; charset"'],
    ['application/json, text/plain', '"application/json, text/plain"'],
  ])('may not be %s', async (contentType, said) => {
    const url = await mount(expressHandler(start().tidings))
    const { status, body } = await post(`${url}/echo`, { a: 1 }, { 'content-type': contentType })
    expect([status, body.detail]).toEqual([
      415,
      `The Content-Type of "echo" is ${said}. Send application/json in UTF-8`,
    ])
  })
})

describe.each(adapters)('a request, with %s', (_name, handlerOf) => {
  it('may have a target in absolute form, whose host takes precedence', async () => {
    const { tidings } = start()
    const { origin } = await listen(handlerOf(tidings))
    const head = 'Host: evil.example\r\nOrigin: http://tidings.example\r\nConnection: close\r\n'
    const body = '{"a":1}'
    const echo = await exchange(
      origin,
      `POST http://tidings.example/events/echo?x=1 HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    expect(echo).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*{"a":1}/)
    const topic = await exchange(
      origin,
      `HEAD HTTP://tidings.example/events/room?id=a HTTP/1.1\r\n${head}\r\n`,
    )
    expect(topic).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  })

  it('by HEAD gets the headers of GET, without a stream', async () => {
    const { tidings, asked } = start({ limits: { connections: 1 } })
    const { origin } = await listen(handlerOf(tidings))
    const url = `${origin}/events`
    const stream = await open(`${url}/room?id=a`)
    for (const path of ['/room?id=a', '/room?id=b', '']) {
      const response = await fetch(`${url}${path}`, { method: 'HEAD' })
      expect([response.status, await response.text()]).toEqual([200, ''])
      for (const name of ['content-type', 'cache-control', 'x-accel-buffering', 'x-content-type-options']) {
        expect([name, response.headers.get(name)]).toEqual([name, stream.response.headers.get(name)])
      }
    }
    expect(tidings.stats()).toMatchObject({ connections: 1, topics: 1, refused: 0 })
    expect(asked).toEqual(['room', 'room', 'room', ''])
    const head = async (path: string, init: RequestInit = {}) =>
      (await fetch(`${url}${path}`, { method: 'HEAD', ...init })).status
    expect(await head('/room?id=staff')).toBe(403)
    expect(await head('/room?id=staff', { headers: { 'x-user': 'ada' } })).toBe(200)
    expect(await head('/room')).toBe(400)
    expect(await head('/nothing')).toBe(404)
    expect(await head('/echo')).toBe(405)
  })

  it('with a cursor twice is refused', async () => {
    const { tidings } = start()
    const { origin } = await listen(handlerOf(tidings))
    const response = await fetch(`${origin}/events/room?id=a&lastEventId=x.1&lastEventId=x.2`)
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({
        code: 'bad_request',
        detail: expect.stringContaining('is repeated. Send it once'),
      }),
    ])
    expect(tidings.stats().connections).toBe(0)
  })

  it('by an unsupported method gets the supported ones in Allow', async () => {
    const { tidings } = start()
    const { origin } = await listen(handlerOf(tidings))
    const allowed = async (path: string) => {
      const response = await fetch(`${origin}/events${path}`, { method: 'PUT' })
      return [response.status, response.headers.get('allow')]
    }
    expect(await allowed('/$health')).toEqual([405, 'GET, HEAD'])
    expect(await allowed('/room?id=a')).toEqual([405, 'GET, HEAD'])
    expect(await allowed('')).toEqual([405, 'GET, HEAD'])
    expect(await allowed('/echo')).toEqual([405, 'POST'])
  })
})

describe('a body that middleware has read', () => {
  const read: RequestHandler = (request, _response, next) => {
    request.resume().on('end', () => next())
  }

  it('without leaving it is reported, to the sender and to the program', async () => {
    const { tidings, errors } = start()
    const url = await mount(expressHandler(tidings), read)
    const cause = /^Middleware read the body of this request and left nothing in request\.body\. Mount/
    expect(await post(`${url}/echo`, { a: 1 })).toMatchObject({
      status: 500,
      body: { code: 'internal', detail: expect.stringMatching(cause) },
    })
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(cause) })])
  })

  it('and left as bytes is parsed', async () => {
    const { tidings } = start()
    const url = await mount(expressHandler(tidings), express.raw({ type: '*/*' }))
    expect(await post(`${url}/echo`, { a: 1 })).toMatchObject({ status: 200, body: { a: 1 } })
    expect(await post(`${url}/echo`, '{"a":')).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  })
})

describe('a body with very many values', () => {
  it('is refused beyond one value for each 20 bytes that a body may have', async () => {
    const { tidings, errors } = start()
    const url = await mount(expressHandler(tidings))
    const list = (count: number) => `{"a":[${Array.from({ length: count }, () => 1)}]}`
    expect((await post(`${url}/echo`, list(52_427))).status).toBe(200)
    expect(await post(`${url}/echo`, list(52_428))).toMatchObject({
      status: 400,
      body: { code: 'bad_request', detail: expect.stringContaining('has more than 52428 values in it') },
    })
    expect(errors).toEqual([])
  })
})

describe('JSON that is nested deeply', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const tooDeep = { code: 'bad_request', detail: expect.stringContaining('nested more than 200 levels deep') }

  it.each([
    ['as it comes', []],
    ['parsed in front', [express.json()]],
  ])('is refused in a body, %s, with an Idempotency-Key or without', async (_how, middleware) => {
    const { tidings, errors } = start()
    const url = await mount(expressHandler(tidings), ...middleware)
    for (const headers of [{}, { 'idempotency-key': 'a' }] as Record<string, string>[]) {
      for (const body of [nested(201), `{"a":${nested(40_000)}}`, `[1,${nested(200)}]`]) {
        expect(await post(`${url}/echo`, body, headers)).toMatchObject({ status: 400, body: tooDeep })
      }
      const key = headers['idempotency-key'] ? { 'idempotency-key': 'b' } : {}
      expect((await post(`${url}/echo`, nested(200), key as Record<string, string>)).status).toBe(200)
    }
    expect(errors).toEqual([])
  })

  it('is refused in a control request, and in params', async () => {
    const { tidings, errors } = start()
    const url = await mount(expressHandler(tidings))
    const { id } = JSON.parse((await (await open(url)).count(1))[0]?.data ?? '')
    const control = `${url}/$connections/${id}`
    expect(await post(control, `{"operations":[${nested(300_000)}]}`)).toMatchObject({
      status: 400,
      body: tooDeep,
    })
    const key = `box?at=${nested(1_000)}`
    const { body } = await post(control, { operations: [{ subscribe: key }] })
    expect(body.results).toMatchObject([{ status: 'refused', problem: tooDeep }])
    expect((await fetch(`${url}/box?at=${nested(6_000)}`)).status).toBe(400)
    expect(errors).toEqual([])
  })
})

describe.each(adapters)('requests that were pipelined, with %s', (_name, handlerOf) => {
  const get = (path: string) => `GET /events/${path} HTTP/1.1\r\nHost: a\r\n\r\n`

  async function pipelining(handler: RequestListener, text: string) {
    const warnings: Error[] = []
    const warned = (warning: Error) => warnings.push(warning)
    process.on('warning', warned)
    onTestFinished(() => {
      process.off('warning', warned)
    })
    const server = createHttp(handler)
    await listenOnFreePort(server)
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    let requests = 0
    server.on('request', () => {
      requests += 1
    })
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    onTestFinished(() => {
      socket.destroy()
    })
    let received = ''
    let isClosed = false
    socket.setEncoding('latin1').on('data', (piece: string) => {
      received += piece
    })
    socket
      .on('error', () => {})
      .on('close', () => {
        isClosed = true
      })
    socket.write(text)
    return { socket, warnings, received: () => received, requests: () => requests, isClosed: () => isClosed }
  }

  it('are neither counted nor run behind an open stream', async () => {
    const { tidings, asked } = start()
    const echo = `POST /events/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`
    const { socket, requests, warnings } = await pipelining(
      handlerOf(tidings),
      get('room?id=a').repeat(50) + echo,
    )
    await until(() => requests() === 51, 'all had come')
    await until(() => tidings.stats().connections === 1, 'the first was open')
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toEqual(['room'])
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1, running: 0 })
    socket.destroy()
    await until(() => tidings.stats().connections === 0, 'it was over')
    expect(asked).toEqual(['room'])
    expect(warnings).toEqual([])
  })

  it('get their responses in order', async () => {
    const { tidings } = start()
    const echo = (text: string) =>
      `POST /events/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`
    const all = Array.from({ length: 60 }, (_, n) => `{"n":${n}}`)
    const { received } = await pipelining(handlerOf(tidings), all.map(echo).join('') + get('room?id=a'))
    await until(() => received().includes('$open'), 'the last was open')
    expect(received().match(/{"n":\d+}/g)).toEqual(all)
  })

  it('are cut off when there are too many', async () => {
    const { tidings, asked } = start()
    const { isClosed, requests, warnings } = await pipelining(
      handlerOf(tidings),
      get('room?id=a').repeat(3_000),
    )
    await until(isClosed, 'the connection was cut')
    await until(() => tidings.stats().connections === 0, 'all were over')
    expect(asked.length).toBeLessThanOrEqual(1)
    expect(requests()).toBeLessThan(3_000)
    expect(warnings).toEqual([])
  })
})
