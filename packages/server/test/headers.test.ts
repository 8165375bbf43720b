import { listen } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { contract } from './contract.js'
import { mount } from './harness.js'

const app = 'https://app.example.org'

function start() {
  const tidings = createServer(
    contract,
    { cors: { origins: [app] } },
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
  return tidings
}

const json = { 'content-type': 'application/json' }
const body = { send: '{"text":"hi"}', count: '{"to":1}' }

const answers: readonly [what: string, status: number, path: string, init: RequestInit][] = [
  ['a topic', 200, '/ticks', {}],
  ['a shared connection', 200, '', {}],
  ['a stream', 200, '/admin/count', { method: 'POST', headers: json, body: body.count }],
  ['an output', 200, '/send', { method: 'POST', headers: json, body: body.send }],
  ['an empty output', 204, '/admin/ping', { method: 'POST', headers: json }],
  ['a preflight', 204, '/send', { method: 'OPTIONS', headers: { origin: app } }],
  ['a refused preflight', 403, '/send', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }],
  ['a problem', 404, '/nothing', {}],
  ['a wrong method', 405, '/send', {}],
  ['health', 200, '/$health', {}],
]

it.each(answers)('tells browsers not to guess the type of %s', async (_what, status, path, init) => {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const url = await mount(expressHandler(start()))
  const response = await fetch(url + path, { ...init, signal: abort.signal })
  expect(response.status).toBe(status)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

it('tells browsers not to guess the type of a response outside of the mount', async () => {
  const { origin } = await listen(nodeHandler(start()))
  const response = await fetch(`${origin}/elsewhere`)
  expect(response.status).toBe(404)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

it.each(answers.filter(([what]) => ['a topic', 'a shared connection', 'a stream'].includes(what)))(
  'keeps shared caches from storing %s, or from joining another user to it',
  async (_what, _status, path, init) => {
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const url = await mount(expressHandler(start()))
    const { headers } = await fetch(url + path, { ...init, signal: abort.signal })
    expect(headers.get('cache-control')).toBe('private, no-cache, no-transform')
  },
)
