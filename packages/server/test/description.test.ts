import { TidingsError } from '@tidings/core'
import {
  asyncApi,
  type ContractDocument,
  contractFrom,
  describe as describeContract,
  openApi,
} from '@tidings/core/describe'
import { listen } from '@tidings/test-kit'
import { build } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { fetchHandler } from '../src/fetch.js'
import { createServer, type DescribeRequest, type ServerOptions } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { contract } from './contract.js'
import { mount } from './harness.js'

interface Caller {
  readonly user: string | null
}

const app = 'https://app.example.org'

function start(describe?: ServerOptions<Caller>['describe']) {
  const errors: unknown[] = []
  const tidings = createServer(
    contract,
    {
      context: ({ headers }): Caller => {
        const user = headers.get('authorization')
        if (user === 'expired') throw new TidingsError({ code: 'unauthorized' })
        return { user }
      },
      ...(describe !== undefined && { describe }),
      cors: { origins: [app] },
      onError: (error, { place }) => errors.push([place, error]),
    },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: {
        ping: () => {},
        count: async function* () {
          yield { type: 'number', data: 1 }
          return { total: 1 }
        },
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors }
}

const hosts: readonly [name: string, request: (path: string, init?: RequestInit) => Promise<Response>][] = [
  ['Express', async (path, init) => fetch((await mount(expressHandler(start(true).tidings))) + path, init)],
  [
    "Node's HTTP server",
    async (path, init) => {
      const { origin } = await listen(nodeHandler(start(true).tidings))
      return fetch(`${origin}/events${path}`, init)
    },
  ],
  [
    'a host of the Fetch Standard',
    (path, init) => fetchHandler(start(true).tidings)(new Request(`http://localhost/events${path}`, init)),
  ],
]

it.each(hosts)('serves the contract in %s, once for each client that keeps it', async (_name, request) => {
  const response = await request('/$contract')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('private, no-cache')
  const document = (await response.json()) as ContractDocument
  expect(document).toEqual(JSON.parse(JSON.stringify(describeContract(contract))))
  expect(Object.keys(contractFrom(document))).toEqual(Object.keys(contract))

  const etag = response.headers.get('etag') ?? ''
  for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const repeated = await request('/$contract', { headers: { 'if-none-match': given } })
    expect([repeated.status, repeated.headers.get('etag'), await repeated.text()]).toEqual([304, etag, ''])
  }
  const changed = await request('/$contract', { headers: { 'if-none-match': '"other"' } })
  expect([changed.status, (await changed.text()).length]).toEqual([200, JSON.stringify(document).length])

  const head = await request('/$contract', { method: 'HEAD' })
  expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, ''])
  const posted = await request('/$contract', { method: 'POST' })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

async function ask(
  describe: Parameters<typeof start>[0],
  headers: Record<string, string> = {},
  method = 'GET',
  path = '$contract',
) {
  const { tidings, errors } = start(describe)
  const request = new Request(`http://localhost/events/${path}`, { headers, method })
  const response = await fetchHandler(tidings)(request)
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text && JSON.parse(text), errors }
}

it('serves no description unless asked to, and answers as for an unknown path', async () => {
  const unknown = await ask(undefined, {}, 'GET', 'unknown')
  const none = [undefined, false, () => false, { authorize: () => false }]
  for (const path of ['$contract', '$asyncapi.json', '$openapi.json']) {
    for (const describe of none) {
      for (const method of ['GET', 'POST']) {
        const { status, headers, body } = await ask(describe, {}, method, path)
        expect([status, [...headers]]).toEqual([404, [...unknown.headers]])
        expect(body).toEqual({ ...unknown.body, detail: unknown.body.detail.replace('unknown', path) })
      }
    }
  }
})

it('serves AsyncAPI and OpenAPI, with what the options state about the service', async () => {
  const document = describeContract(contract)
  const credentials = [{ kind: 'bearer' }] as const
  const about = { title: 'Chat', version: '1.2.3', url: 'https://chat.example/events', credentials }
  const unnamed = { title: 'Tidings', version: document.hash.slice(0, 8) }
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
  for (const [path, write] of [
    ['$asyncapi.json', asyncApi],
    ['$openapi.json', openApi],
  ] as const) {
    const named = await ask({ about }, {}, 'GET', path)
    expect(named.headers.get('etag')).toMatch(/^"[\w-]{43}"$/)
    expect(named.body).toEqual(plain(write(document, about)))
    expect((await ask(true, {}, 'GET', path)).body).toEqual(plain(write(document, unnamed)))
  }
})

it('decides about each request by its context', async () => {
  const describe = async ({ context }: DescribeRequest<Caller>) => context.user === 'ada'
  expect((await ask(describe, { authorization: 'ada' })).status).toBe(200)
  expect((await ask(describe, { authorization: 'bob' })).status).toBe(404)
  expect((await ask(describe, { authorization: 'expired' })).body).toMatchObject({ code: 'unauthorized' })
  expect((await ask(true, { authorization: 'expired' })).body).toMatchObject({ code: 'unauthorized' })
})

it('reports a decision that fails', async () => {
  const broken = new Error('broken')
  const { body, errors } = await ask(() => {
    throw broken
  })
  expect(body).toMatchObject({ code: 'internal' })
  expect(errors).toEqual([['$contract', broken]])
})

it('serves the pages that may use the server, and no others', async () => {
  const allowed = await ask(true, { origin: app })
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([200, app])
  expect((await ask(true, { origin: 'https://evil.example' })).status).toBe(403)
  const preflight = await fetchHandler(start(true).tidings)(
    new Request('http://localhost/events/$contract', { method: 'OPTIONS', headers: { origin: app } }),
  )
  expect(preflight.status).toBe(204)
})

it.each([
  ['yes', 'describe is a value of type string. Give true, a function that decides by context, or {'],
  [{ allow: true }, 'describe has unknown key "allow". Expected one of authorize, about'],
  [{ authorize: true }, 'describe.authorize is a value of type boolean. Give a function'],
  [{ about: { name: 'Chat' } }, 'describe.about has unknown key "name". Expected one of title, version'],
])('refuses the option %j', (describe, message) => {
  expect(() => start(describe as never)).toThrow(`createServer: ${message}`)
})

it('loads the code that describes only on demand', async () => {
  const { metafile } = await build({
    stdin: { contents: `export * from '../src/index.js'`, resolveDir: import.meta.dirname },
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    outdir: 'bundle',
    platform: 'neutral',
    format: 'esm',
    external: ['zod', 'zod/*'],
    conditions: ['@tidings/source'],
  })
  const holding = Object.values(metafile.outputs).filter(({ inputs }) =>
    Object.keys(inputs).some((file) => file.includes('/core/src/lib/describe/')),
  )
  expect(holding).not.toHaveLength(0)
  const entry = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === '<stdin>')
  expect(entry && holding.includes(entry)).toBe(false)
  const importing = Object.values(metafile.outputs).flatMap(({ imports }) => imports)
  expect(importing.filter(({ path }) => path.includes('describe')).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['dynamic-import']),
  )
})
