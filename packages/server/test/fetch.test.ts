import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { listenOnFreePort, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type FetchHandlerOptions, fetchHandler } from '../src/fetch.js'
import { createServer, type Tidings } from '../src/index.js'
import { contract } from './contract.js'
import { open, post } from './harness.js'

/** A server, and what its handlers and hooks were called with. */
function start() {
  const seen = {
    addresses: [] as (string | undefined)[],
    errors: [] as unknown[],
    left: [] as string[],
    aborted: 0,
    ran: 0,
  }
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const tidings = createServer(
    contract,
    {
      context: ({ address }) => void seen.addresses.push(address),
      limits: { bodyBytes: 1_000 },
      cors: { origins: ['https://app.example.org'] },
      onError: (error) => seen.errors.push(error),
      hooks: { disconnected: ({ reason }) => void seen.left.push(reason) },
    },
    {
      room: { snapshot: () => ({ messages: ['old'] }) },
      send: async ({ input }) => {
        if (input.text === 'slow') await gate
        seen.ran += 1
        return { text: input.text, sentAt: new Date(0) }
      },
      admin: {
        ping: () => {},
        count: async ({ signal, emit }) => {
          signal.addEventListener('abort', () => {
            seen.aborted += 1
          })
          await emit.number(1)
          await gate
          return { total: 1 }
        },
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  onTestFinished(() => release())
  return { tidings, seen, release }
}

/** Calls a handler as a host would. Returns the status and the text of the response. */
async function ask(
  tidings: Tidings<typeof contract>,
  url: string,
  init: RequestInit & { duplex?: 'half' } = {},
  options?: FetchHandlerOptions,
) {
  const response = await fetchHandler(tidings, options)(new Request(url, init))
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const json = { 'content-type': 'application/json' }

/** A body of which `pieces` is read, as far as it is read. */
function bodyOf(pieces: Iterator<string | Error>) {
  let cancelled = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = pieces.next()
        if (done) controller.close()
        else if (typeof value === 'string') controller.enqueue(new TextEncoder().encode(value))
        else controller.error(value)
      },
      cancel() {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, wasCancelled: () => cancelled }
}

describe('the body of a request', () => {
  const post = { method: 'POST', headers: json, duplex: 'half' as const }

  it('may arrive in pieces, split within a character', async () => {
    const { tidings } = start()
    const bytes = new TextEncoder().encode('{"text":"é"}')
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.subarray(0, 10))
        controller.enqueue(bytes.subarray(10))
        controller.close()
      },
    })
    const { status, text } = await ask(tidings, 'http://host/events/send', { ...post, body })
    expect([status, JSON.parse(text).text]).toEqual([200, 'é'])
  })

  it('is read only up to the limit', async () => {
    const { tidings } = start()
    let pieces = 0
    const { body, wasCancelled } = bodyOf(
      (function* () {
        while (true) {
          pieces += 1
          yield 'x'.repeat(400)
        }
      })(),
    )
    const { status } = await ask(tidings, 'http://host/events/send', { ...post, body })
    expect([status, pieces, wasCancelled()]).toEqual([413, 3, true])
  })

  it('is refused unread when its declared length exceeds the limit', async () => {
    const { tidings } = start()
    const { body } = bodyOf([new Error('read')][Symbol.iterator]())
    const headers = { ...json, 'content-length': '1001' }
    const { status } = await ask(tidings, 'http://host/events/send', { ...post, headers, body })
    expect(status).toBe(413)
  })

  it.each<[string, RequestInit['body'], RegExp]>([
    ['broken JSON', '{"text":', /The body is not JSON/],
    ['broken UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /The body is not JSON/],
    ['nothing', null, /The body is not JSON/],
    ['a failure', bodyOf([new Error('cut off')][Symbol.iterator]()).body, /did not arrive: cut off/],
  ])('is refused if it is %s', async (_name, body, message) => {
    const { tidings, seen } = start()
    const { status, text } = await ask(tidings, 'http://host/events/send', { ...post, body: body ?? null })
    expect([status, JSON.parse(text).code]).toEqual([400, 'bad_request'])
    expect(JSON.parse(text).detail).toMatch(message)
    expect(seen.errors).toEqual([])
  })

  it('that middleware has read is explained, and reported', async () => {
    const { tidings, seen } = start()
    const request = new Request('http://host/events/send', { ...post, body: '{"text":"hi"}' })
    await request.text()
    const response = await fetchHandler(tidings)(request)
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('request.clone().json()')
    expect(seen.errors).toHaveLength(1)
  })
})

describe('the mount', () => {
  it.each([
    [undefined, 'http://host/events/ticks#part', 200],
    [undefined, 'http://host/events/', 200],
    [undefined, 'http://host/eventsful', 404],
    [undefined, 'http://host/', 404],
    ['/api/events/', 'http://host/api/events/room?roomId=a', 200],
    ['/', 'http://host/room?roomId=a', 200],
    ['/', 'https://host', 200],
  ])('at %s makes the response to HEAD %s %i', async (path, url, status) => {
    const { tidings } = start()
    const response = await ask(tidings, url, { method: 'HEAD' }, path === undefined ? {} : { path })
    expect([response.status, response.text]).toEqual([status, ''])
  })
})

describe('the origin of a page', () => {
  it.each([
    ['http://host', {}, 200],
    ['https://host', {}, 200],
    ['http://other', {}, 403],
    ['http://public', { host: 'public' }, 200],
  ])('%s may use http://host with headers %j: %i', async (origin, headers, status) => {
    const { tidings } = start()
    const init = { method: 'HEAD', headers: { origin, ...headers } }
    expect((await ask(tidings, 'http://host/events', init)).status).toBe(status)
  })

  it('is compared with the scheme of the URL', async () => {
    const { tidings } = start()
    const init = { method: 'HEAD', headers: { origin: 'http://host' } }
    expect((await ask(tidings, 'https://host/events', init)).status).toBe(403)
  })

  it('that is listed gets a response to its preflight', async () => {
    const { tidings } = start()
    const headers = { origin: 'https://app.example.org', 'access-control-request-headers': 'x-user' }
    const response = await ask(tidings, 'http://host/events/send', { method: 'OPTIONS', headers })
    expect([response.status, response.text]).toEqual([204, ''])
    expect(response.headers.get('access-control-allow-headers')).toBe('x-user')
  })
})

describe('the address of a client', () => {
  const of = async (info?: unknown, options?: FetchHandlerOptions) => {
    const { tidings, seen } = start()
    await fetchHandler(tidings, options)(new Request('http://host/events', { method: 'HEAD' }), info)
    return seen.addresses
  }
  const server = {
    address: '10.0.0.1',
    requestIP(request: Request) {
      return request.url === 'http://host/events' ? { address: this.address, family: 'IPv4', port: 1 } : null
    },
  }

  it.each([
    ['Deno.serve', { remoteAddr: { transport: 'tcp', hostname: '10.0.0.1', port: 1 } }, '10.0.0.1'],
    ['Deno.serve on a Unix socket', { remoteAddr: { transport: 'unix', path: '/s' } }, undefined],
    ['Bun.serve', server, '10.0.0.1'],
    ['Bun.serve without one', { requestIP: () => null }, undefined],
    ['Hono on Bun', { server }, '10.0.0.1'],
    ['Hono with a binding named `server`', { server: 'https://host' }, undefined],
    ['Hono on Node', { incoming: { socket: { remoteAddress: '10.0.0.1' } } }, '10.0.0.1'],
    ['a host that passes something else', { params: Promise.resolve({}) }, undefined],
    ['a host that passes a text', 'info', undefined],
    ['a host that passes nothing', undefined, undefined],
  ])('comes from what %s passes', async (_name, info, address) => {
    expect(await of(info)).toEqual([address])
  })

  it('comes from the option, if given', async () => {
    const address = (request: Request, info: unknown) => `${request.method} ${JSON.stringify(info)}`
    expect(await of({ a: 1 }, { address })).toEqual(['HEAD {"a":1}'])
  })
})

describe('waitUntil of the host', () => {
  it.each([
    ['without a key', {}],
    ['with a key', { 'idempotency-key': 'k' }],
  ])('waits for a command %s whose client has left', async (_name, headers) => {
    const { tidings, seen, release } = start()
    const promises: Promise<unknown>[] = []
    const info = {
      promises,
      waitUntil(promise: Promise<unknown>) {
        this.promises.push(promise)
      },
    }
    const client = new AbortController()
    const init = { method: 'POST', headers: { ...json, ...headers }, body: '{"text":"slow"}' }
    const request = new Request('http://host/events/send', { ...init, signal: client.signal })
    void fetchHandler(tidings)(request, info)
    await until(() => promises.length > 0, 'the host was asked to wait')
    client.abort()
    release()
    await Promise.all(promises)
    expect([promises.length, seen.ran]).toEqual([1, 1])
  })

  it('waits for the handler of a stream', async () => {
    const { tidings, seen, release } = start()
    const promises: Promise<unknown>[] = []
    const info = { waitUntil: (promise: Promise<unknown>) => void promises.push(promise) }
    const init = { method: 'POST', headers: json, body: '{"to":1}' }
    const response = await fetchHandler(tidings)(new Request('http://host/events/admin/count', init), info)
    await response.body?.cancel()
    await until(() => seen.aborted === 1, 'the handler was aborted')
    release()
    await Promise.all(promises)
    expect(promises).toHaveLength(1)
  })
})

it('opens no stream for a client that has left meanwhile', async () => {
  const { tidings } = start()
  const response = await ask(tidings, 'http://host/events', { signal: AbortSignal.abort() })
  expect([response.status, response.text, tidings.stats().connections]).toEqual([499, '', 0])
})

it('removes its listener from the signal of a request that is over', async () => {
  const { tidings } = start()
  const { signal } = new AbortController()
  let listeners = 0
  const request = new Request('http://host/events/ticks')
  Object.defineProperty(request, 'signal', {
    value: {
      aborted: false,
      addEventListener: () => (listeners += 1),
      removeEventListener: () => (listeners -= 1),
    } satisfies Partial<Record<keyof typeof signal, unknown>>,
  })
  const response = await fetchHandler(tidings)(request)
  expect(listeners).toBe(1)
  await response.body?.cancel()
  expect(listeners).toBe(0)
})

describe('over a socket', () => {
  async function serve() {
    const started = start()
    const handler = fetchHandler(started.tidings)
    const server = createAdaptorServer({ fetch: (request, info) => handler(request, info) })
    await listenOnFreePort(server as import('node:http').Server)
    onTestFinished(() => {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo
    return { ...started, url: `http://127.0.0.1:${port}/events` }
  }

  it('delivers each event when it is emitted', async () => {
    const { tidings, url, seen } = await serve()
    const stream = await open(`${url}/room?roomId=a`)
    await stream.count(2)
    for (const text of ['one', 'x'.repeat(300_000), 'two']) {
      await tidings.emit.room({ roomId: 'a' }).typing(text)
    }
    expect((await stream.count(5)).slice(2).map(({ data }) => data.length)).toEqual([5, 300_002, 5])
    expect(stream.response.headers.get('cache-control')).toBe('private, no-cache, no-transform')
    expect(seen.addresses).toEqual(['127.0.0.1'])
  })

  it('responds to commands, with and without output', async () => {
    const { url } = await serve()
    expect((await post(`${url}/send`, { text: 'hi' })).body.text).toBe('hi')
    expect((await post(`${url}/admin/ping`, {})).status).toBe(204)
    expect((await post(`${url}/send`, { text: 'x'.repeat(2_000) })).status).toBe(413)
  })

  it('notices that the client of a topic has left', async () => {
    const { tidings, url, seen } = await serve()
    const stream = await open(`${url}/ticks`)
    await stream.count(1)
    expect(tidings.stats().connections).toBe(1)
    stream.leave()
    await until(() => tidings.stats().connections === 0, 'the connection was released')
    expect(seen.left).toEqual(['left'])
  })

  it('aborts the handler of a stream whose client has left', async () => {
    const { url, seen } = await serve()
    const stream = await open(`${url}/admin/count`, { method: 'POST', headers: json, body: '{"to":1}' })
    await stream.count(1)
    stream.leave()
    await until(() => seen.aborted === 1, 'the handler was aborted')
    expect(seen.errors).toEqual([])
  })

  it('ends its streams when the server closes', async () => {
    const { tidings, url } = await serve()
    const stream = await open(`${url}/ticks`)
    await stream.count(1)
    await tidings.close({ drainMs: 0 })
    await until(stream.isOver, 'the stream was over')
  })
})
