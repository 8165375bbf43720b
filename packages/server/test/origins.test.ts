import { request as httpRequest } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import { createServer as createHttps, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { listenOnFreePort } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { type CorsOptions, createServer } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { contract } from './contract.js'
import { mount, open, post } from './harness.js'

async function start(cors?: CorsOptions) {
  const runs: string[] = []
  const tidings = createServer(contract, cors ? { cors } : {}, {
    room: { snapshot: () => ({ messages: [] }) },
    send: ({ input }) => {
      runs.push(input.text)
      return { text: input.text, sentAt: new Date(0) }
    },
    admin: { ping: () => {}, count: async () => ({ total: 0 }) },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, runs, url: await mount(expressHandler(tidings)) }
}

const app = 'https://app.example.org'
const evil = 'https://evil.example.com'

/** What a browser asks before it sends what a page of another origin wants to send. */
const preflight = (url: string, origin: string) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })

describe('a page of another origin', () => {
  it('may neither send commands nor read, unless it is listed', async () => {
    const { url, runs } = await start()
    const answer = await post(`${url}/send`, { text: 'hi' }, { origin: evil })
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(answer.body.detail).toBe(
      `The origin ${evil} may not use this server. Its owner can allow it: cors: { origins: ['${evil}'] }`,
    )
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect((await open(`${url}/ticks`, { headers: { origin: evil } })).response.status).toBe(403)
    expect((await open(url, { headers: { origin: 'null' } })).response.status).toBe(403)
    expect((await preflight(`${url}/send`, evil)).status).toBe(403)
    expect(runs).toEqual([])
  })

  it('may when it is listed, with cookies and tokens, after one preflight in two hours', async () => {
    const { url, runs } = await start({ origins: [app] })
    const asked = await preflight(`${url}/send`, app)
    expect(asked.status).toBe(204)
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '7200',
      vary: 'Origin',
    })
    const answer = await post(`${url}/send`, { text: 'hi' }, { origin: app })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe(app)
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
    expect(answer.headers.get('vary')).toContain('Origin')
    const stream = await open(`${url}/ticks`, { headers: { origin: app } })
    expect(stream.response.headers.get('access-control-allow-origin')).toBe(app)
    // A refusal has to be readable as well.
    const refused = await post(`${url}/send`, { text: 1 }, { origin: app })
    expect(refused.status).toBe(400)
    expect(refused.headers.get('access-control-allow-origin')).toBe(app)
    expect((await post(`${url}/send`, { text: 'x' }, { origin: evil })).status).toBe(403)
    expect(runs).toEqual(['hi'])
  })

  it('may without cookies when any origin is allowed', async () => {
    const { url } = await start({ origins: ['*', app] })
    const answer = await post(`${url}/send`, { text: 'hi' }, { origin: evil })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    const own = await post(`${url}/send`, { text: 'hi' }, { origin: app })
    expect(own.headers.get('access-control-allow-credentials')).toBe('true')
  })
})

describe('a page of the same origin', () => {
  it("may, by its host or by the browser's fetch metadata", async () => {
    const { url } = await start()
    const { origin } = new URL(url)
    expect((await post(`${url}/send`, { text: 'hi' }, { origin })).status).toBe(200)
    // Behind a proxy that gives its own host.
    const proxied = { origin: app, 'sec-fetch-site': 'same-origin' }
    expect((await post(`${url}/send`, { text: 'hi' }, proxied)).status).toBe(200)
    const crossed = { origin, 'sec-fetch-site': 'cross-site' }
    expect((await post(`${url}/send`, { text: 'hi' }, crossed)).status).toBe(403)
  })
})

/** Sends what `fetch` would not, and gives the status. */
function statusOf(url: string, headers: Record<string, string>, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers, method }, (response) => {
      resolve(response.statusCode)
      response.destroy()
    })
    request.on('error', reject).end()
  })
}

describe('a page of another site, or of a sibling subdomain, without an Origin header', () => {
  const pages = ['cross-site', 'same-site'].flatMap((site) =>
    ['no-cors', 'navigate', undefined].map((mode) => [site, mode] as const),
  )

  it.each(pages)('opens no stream: %s, %s', async (site, mode) => {
    for (const cors of [undefined, { origins: [app] }, { origins: ['*'] }]) {
      const { url, tidings } = await start(cors)
      const headers = { 'sec-fetch-site': site, ...(mode && { 'sec-fetch-mode': mode }) }
      expect(await statusOf(url, headers)).toBe(403)
      expect(await statusOf(`${url}/ticks`, headers)).toBe(403)
      expect(tidings.stats().connections).toBe(0)
    }
  })

  it('may follow a link to the health endpoint', async () => {
    const { url } = await start()
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect(await statusOf(`${url}/$health`, headers)).toBe(200)
  })

  it.each([
    ['a user who enters the address', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    ["the same origin's page", { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
    ['a program', {}],
  ])('is told from %s', async (_who, headers) => {
    const { url } = await start()
    expect(await statusOf(`${url}/ticks`, headers)).toBe(200)
  })
})

describe('a browser without fetch metadata', () => {
  const json = { 'content-type': 'application/json' }

  it.each([
    ['http', {}, 200],
    ['https', {}, 200],
    ['ftp', {}, 403],
    ['chrome-extension', {}, 403],
    ['app', {}, 403],
    // A proxy that was reached by TLS has not been reached by a page without it.
    ['http', { 'x-forwarded-proto': 'https' }, 403],
    ['http', { 'x-forwarded-proto': 'https, http' }, 403],
    ['http', { forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' }, 403],
    ['https', { 'x-forwarded-proto': 'https' }, 200],
    ['http', { 'x-forwarded-proto': 'http' }, 200],
  ])('compares the scheme as well: %s with %j', async (scheme, forwarded, status) => {
    const { url } = await start()
    const { host } = new URL(url)
    const headers = { ...json, ...forwarded, origin: `${scheme}://${host}` }
    expect(await statusOf(`${url}/admin/ping`, headers, 'POST')).toBe(status === 200 ? 204 : status)
  })

  it('may be listed with any scheme', async () => {
    const { url } = await start({ origins: ['http://app.example.org'] })
    const headers = { ...json, origin: 'http://app.example.org', 'x-forwarded-proto': 'https' }
    expect(await statusOf(`${url}/admin/ping`, headers, 'POST')).toBe(204)
  })

  it.each([
    ['http', 'http', 403],
    ['https', 'http', 204],
  ])(
    'refuses a page without TLS over TLS: %s, though a header says %s',
    async (scheme, forwarded, status) => {
      const { tidings } = await start()
      // Keys that both know need no certificate.
      const psk = { psk: Buffer.alloc(32, 7), identity: 'test' }
      const tls = { ciphers: 'PSK', maxVersion: 'TLSv1.2' as const }
      const server = createHttps({ ...tls, pskCallback: () => psk.psk }, nodeHandler(tidings))
      await listenOnFreePort(server)
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      const { port } = server.address() as AddressInfo
      const answered = await new Promise((resolve, reject) => {
        const request = httpsRequest(
          {
            ...tls,
            host: '127.0.0.1',
            port,
            path: '/events/admin/ping',
            method: 'POST',
            agent: false,
            pskCallback: () => psk,
            checkServerIdentity: () => undefined,
            headers: { ...json, origin: `${scheme}://127.0.0.1:${port}`, 'x-forwarded-proto': forwarded },
          } as object,
          (response) => resolve(response.resume().statusCode),
        )
        request.on('error', reject).end()
      })
      expect(answered).toBe(status)
    },
  )

  it.each([
    ['http', 'https', 403],
    ['https', 'https', 204],
    ['http', 'http', 204],
  ])('goes by the scheme of an HTTP/2 request: %s to %s', async (scheme, requested, status) => {
    const { tidings } = await start()
    const server = createHttp2(nodeHandler(tidings))
    await listenOnFreePort(server)
    const { port } = server.address() as AddressInfo
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    onTestFinished(() => {
      session.destroy()
      server.close()
    })
    const request = session.request({
      ...json,
      ':path': '/events/admin/ping',
      ':method': 'POST',
      ':scheme': requested,
      origin: `${scheme}://127.0.0.1:${port}`,
    })
    const answered = await new Promise((resolve, reject) => {
      request.on('response', (headers) => resolve(headers[':status']))
      request.on('error', reject).end()
    })
    expect(answered).toBe(status)
  })
})

describe('cors', () => {
  it.each([
    ['https://app.example.org/', 'not an origin'],
    ['app.example.org', 'not an origin'],
    ['null', 'not an origin'],
    [7, 'not an origin'],
  ])('refuses %s', async (origin, said) => {
    await expect(start({ origins: [origin as string] })).rejects.toThrow(said)
  })

  it('refuses a value that is not a list', async () => {
    await expect(start({ origins: app as never })).rejects.toThrow('cors.origins is a value of type string')
  })
})
