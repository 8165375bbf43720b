import { request } from 'node:http'
import { TidingsError } from '@tidings/core'
import { fromProblem } from '@tidings/core/wire'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer, type ServerOptions } from '../src/index.js'
import { contract } from './contract.js'
import { mount, post } from './harness.js'

type SendHandler = Parameters<typeof createServer<typeof contract, string>>[2]['send']

async function start(send: SendHandler, options: Partial<ServerOptions<string>> = {}) {
  const errors: unknown[] = []
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => headers.get('authorization') ?? 'nobody',
      onError: (error) => errors.push(error),
      ...options,
    },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send,
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close())
  return { tidings, errors, url: await mount(expressHandler(tidings)) }
}

const sentAt = new Date('2026-01-02T03:04:05.678Z')
const ok: SendHandler = ({ input }) => ({ text: input.text, sentAt })

describe('a command', () => {
  it('responds 200 with its encoded output, without keys its schema does not know', async () => {
    const { url } = await start(({ input }) => ({ text: input.text, sentAt, secret: 1 }) as never)
    const { status, headers, body } = await post(`${url}/send`, { text: 'hi', extra: true })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({ text: 'hi', sentAt: '2026-01-02T03:04:05.678Z' })
  })

  it('responds 204 without an output, and needs no body without an input', async () => {
    const { url } = await start(ok)
    const response = await fetch(`${url}/admin/ping`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(204)
  })

  it('receives the context of its request', async () => {
    const { url } = await start(({ context }) => ({ text: context, sentAt }))
    const { body } = await post(`${url}/send`, { text: 'hi' }, { authorization: 'ada' })
    expect(body.text).toBe('ada')
  })

  it('is aborted when its caller leaves', async () => {
    let aborted = false
    let called = false
    const { url } = await start(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          called = true
          signal.addEventListener('abort', () => {
            aborted = true
            reject(signal.reason)
          })
        }),
    )
    const abort = new AbortController()
    const body = JSON.stringify({ text: 'hi' })
    const headers = { 'content-type': 'application/json' }
    const call = fetch(`${url}/send`, { method: 'POST', headers, body, signal: abort.signal }).catch(
      () => 'left',
    )
    await until(() => called, 'the handler was called')
    abort.abort()
    expect(await call).toBe('left')
    await until(() => aborted, 'the signal fired')
  })

  it('fails with a declared error: its name, its data, status 422', async () => {
    const { url, errors } = await start(({ fail }) => {
      throw fail('muted', { until: sentAt }, 'You are muted')
    })
    const { status, headers, body } = await post(`${url}/send`, { text: 'hi' })
    expect(status).toBe(422)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(body).toEqual({
      title: 'Unprocessable Content',
      status: 422,
      detail: 'You are muted',
      code: 'muted',
      data: { until: '2026-01-02T03:04:05.678Z' },
    })
    expect(errors).toEqual([])
  })
})

describe('a refusal', () => {
  const problem = (status: number, code: string) =>
    expect.objectContaining({ status, code, title: expect.any(String), detail: expect.any(String) })

  it('404 for a path that is not in the contract', async () => {
    const { url } = await start(ok)
    const paths = ['/rom?roomId=lobby', '//:99999/send', '/admin', '/constructor', '/%E0%A4%A']
    for (const path of paths) {
      const response = await fetch(`${url}${path}`)
      expect([path, response.status]).toEqual([path, 404])
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.json()).toEqual(problem(404, 'not_found'))
    }
  })

  it('404 for another spelling of a path, which a guard in front may not match', async () => {
    const { url } = await start(ok)
    const { port } = new URL(url)
    for (const path of [
      'x/../send',
      'x/%2e%2e/send',
      '/evil/send',
      '%73end',
      'admin%2Fping',
      'x\\..\\send',
    ]) {
      // Not by way of fetch, which would resolve the dots itself.
      const status = await new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json' }
        const call = request({ port, host: '127.0.0.1', method: 'POST', path: `/events/${path}`, headers })
        call.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject)
        call.end('{"text":"hi"}')
      })
      expect([path, status]).toEqual([path, 404])
    }
  })

  it('400 for invalid params, with the issues of zod', async () => {
    const { url } = await start(ok)
    const response = await fetch(`${url}/room?roomId=`)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      title: 'Bad Request',
      status: 400,
      detail:
        'the params of room did not fit the schema: at roomId: Too small: expected string to have >=1 characters',
      code: 'invalid_input',
      issues: [
        { path: ['roomId'], code: 'too_small', message: 'Too small: expected string to have >=1 characters' },
      ],
    })
    expect((await fetch(`${url}/room?roomId=a&roomId=b`)).status).toBe(400)
  })

  it('400 for invalid input, without calling the handler', async () => {
    let calls = 0
    const { url } = await start((request) => {
      calls += 1
      return ok(request)
    })
    const { status, body } = await post(`${url}/send`, { text: 'x'.repeat(21) })
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'invalid_input', issues: [{ path: ['text'], code: 'too_big' }] })
    expect(calls).toBe(0)
  })

  it.each(['{"text":', '', '\u0000', 'NaN'])('400 for a body that is not JSON: %j', async (text) => {
    const { url } = await start(ok)
    const { status, body } = await post(`${url}/send`, text)
    expect(status).toBe(400)
    expect(body).toEqual(problem(400, 'bad_request'))
  })

  it('400 for a body that is not UTF-8', async () => {
    const { url } = await start(ok)
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/send`, {
      method: 'POST',
      headers,
      body: new Uint8Array([0x22, 0xff, 0x22]),
    })
    expect(response.status).toBe(400)
  })

  it.each([['PUT'], ['GET'], ['DELETE'], ['OPTIONS']])(
    '405 with Allow for %s on a command',
    async (method) => {
      const { url } = await start(ok)
      const response = await fetch(`${url}/send`, { method })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
      expect(await response.json()).toEqual(problem(405, 'method_not_allowed'))
    },
  )

  it('405 with Allow for POST on a channel', async () => {
    const { url } = await start(ok)
    const response = await fetch(`${url}/ticks`, { method: 'POST' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonp',
  ])('415 for a body of %s', async (contentType) => {
    const { url } = await start(ok)
    const { status, body } = await post(`${url}/send`, { text: 'hi' }, { 'content-type': contentType })
    expect(status).toBe(415)
    expect(body).toEqual(problem(415, 'unsupported_media_type'))
  })

  it('415 also without an input, so that a form on another site never calls a command', async () => {
    let calls = 0
    const { url } = await start(ok, {
      context: () => {
        calls += 1
        return 'ada'
      },
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const form = await fetch(`${url}/admin/ping`, { method: 'POST', headers, body: 'a=b' })
    const bare = await fetch(`${url}/admin/ping`, { method: 'POST' })
    expect([form.status, bare.status, calls]).toEqual([415, 415, 2])
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'none for a body of %s',
    async (contentType) => {
      const { url } = await start(ok)
      expect((await post(`${url}/send`, { text: 'hi' }, { 'content-type': contentType })).status).toBe(200)
    },
  )

  it('413 for a body that is too large, with and without a content-length', async () => {
    const { url } = await start(ok, { limits: { bodyBytes: 100 } })
    const said = await post(`${url}/send`, { text: 'x'.repeat(100) })
    expect([said.status, said.body.code]).toEqual([413, 'payload_too_large'])
    let chunks = 0
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('x'.repeat(64)))
        chunks += 1
        if (chunks === 1_000) controller.close()
      },
    })
    const headers = { 'content-type': 'application/json' }
    const unsaid = await fetch(`${url}/send`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit)
    expect(unsaid.status).toBe(413)
    await unsaid.body?.cancel()
    expect((await post(`${url}/send`, { text: 'x' })).status).toBe(200)
  })

  it('403 when authorize returns false, and the error when it throws one', async () => {
    const tidings = createServer(contract, {
      room: {
        authorize: ({ params }) => {
          if (params.roomId === 'staff')
            throw new TidingsError({ code: 'unauthorized', message: 'Sign in first' })
          return params.roomId === 'lobby'
        },
        snapshot: () => ({ messages: [] }),
      },
      send: () => ({ text: '', sentAt }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    })
    onTestFinished(() => tidings.close())
    const url = await mount(expressHandler(tidings))
    const secret = await fetch(`${url}/room?roomId=secret`)
    expect([secret.status, await secret.json()]).toEqual([403, problem(403, 'forbidden')])
    const staff = await fetch(`${url}/room?roomId=staff`)
    expect([staff.status, await staff.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'unauthorized', detail: 'Sign in first' }),
    ])
    expect(tidings.stats()).toMatchObject({ connections: 0, topics: 0 })
  })

  it.each<[string, SendHandler]>([
    [
      'throws',
      () => {
        throw new Error('password is hunter2')
      },
    ],
    ['rejects', () => Promise.reject(new Error('password is hunter2'))],
    [
      'throws what is no error',
      () => {
        throw 'password is hunter2'
      },
    ],
    ['answers what does not fit', () => ({ text: 'password is hunter2' }) as never],
    [
      'throws what another server refused it',
      () => {
        throw fromProblem({ title: '', status: 401, code: 'unauthorized', detail: 'key hunter2 was revoked' })
      },
    ],
    [
      'fails with data that does not fit',
      ({ fail }) => {
        throw fail('muted', { until: 'hunter2' } as never)
      },
    ],
  ])('500 without a word of why where the handler %s; onError is told', async (_what, send) => {
    const { url, errors } = await start(send)
    const response = await fetch(`${url}/send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"hi"}',
    })
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).not.toMatch(/hunter2|\bat /)
    expect(JSON.parse(text)).toEqual(problem(500, 'internal'))
    expect(errors).toHaveLength(1)
    expect((await post(`${url}/admin/ping`, {})).status).toBe(204)
  })

  it("500 when context throws, and the error's status for a TidingsError", async () => {
    const { url } = await start(ok, {
      context: ({ headers }) => {
        if (headers.has('authorization')) throw new Error('key expired')
        throw new TidingsError({ code: 'too_many_requests', message: 'Slow down', retryAfterMs: 1_500 })
      },
    })
    const broken = await post(`${url}/send`, { text: 'hi' }, { authorization: 'ada' })
    expect([broken.status, broken.body.code]).toEqual([500, 'internal'])
    const refused = await post(`${url}/send`, { text: 'hi' })
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      429,
      'too_many_requests',
      '2',
    ])
  })

  it('403 when authorize returns undefined', async () => {
    const tidings = createServer(contract, {
      room: { authorize: () => undefined as never, snapshot: () => ({ messages: [] }) },
      send: () => ({ text: '', sentAt }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    })
    onTestFinished(() => tidings.close())
    const url = await mount(expressHandler(tidings))
    expect((await fetch(`${url}/room?roomId=lobby`)).status).toBe(403)
  })

  it('no end of the process when onError rejects', async () => {
    const onError = (async () => {
      throw new Error('second')
    }) as () => void
    const { url } = await start(
      () => {
        throw new Error('first')
      },
      { onError },
    )
    expect((await post(`${url}/send`, { text: 'hi' })).status).toBe(500)
  })

  it('no end of the process when onError throws', async () => {
    const { url } = await start(
      () => {
        throw new Error('first')
      },
      {
        onError: () => {
          throw new Error('second')
        },
      },
    )
    expect((await post(`${url}/send`, { text: 'hi' })).status).toBe(500)
  })
})
