import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { type CorsOptions, createServer } from '../src/index.js'
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
  it('may not send commands, nor read, unless it is listed', async () => {
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

  it('that is listed may, with cookies and with tokens, and is asked once in two hours', async () => {
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

  it('may without cookies where any origin may', async () => {
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
  it('may, by its host or by what the browser says of it', async () => {
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

describe('cors', () => {
  it.each([
    ['https://app.example.org/', 'no origin'],
    ['app.example.org', 'no origin'],
    ['null', 'no origin'],
    [7, 'no origin'],
  ])('refuses %s', async (origin, said) => {
    await expect(start({ origins: [origin as string] })).rejects.toThrow(said)
  })

  it('refuses what is no list', async () => {
    await expect(start({ origins: app as never })).rejects.toThrow('cors.origins is a value of type string')
  })
})
