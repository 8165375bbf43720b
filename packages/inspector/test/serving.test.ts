import { command, defineContract, TidingsError } from '@tidings/core'
import { type InspectorOptions, inspector } from '@tidings/inspector'
import { createServer, type ServerOptions } from '@tidings/server'
import { fetchHandler } from '@tidings/server/fetch'
import { nodeHandler } from '@tidings/server/node'
import { listen } from '@tidings/test-kit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startInspected } from './inspected-server.js'

const contract = defineContract({ greet: command({}) })

/** Returns a function that requests a path below `/events`, without a network. */
function serve(given?: InspectorOptions, options: ServerOptions<unknown> = {}, path = '/events') {
  const tidings = createServer(
    contract,
    { ...options, inspector: inspector(given) },
    { greet: async () => {} },
  )
  const handle = fetchHandler(tidings, { path })
  return (below: string, init?: RequestInit) => handle(new Request(`http://localhost${path}${below}`, init))
}

async function scriptOf(page: Response): Promise<string> {
  return /(?<=src=")[^"]+/.exec(await page.text())?.[0] ?? ''
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('the page', () => {
  it('is served with its files and the contract, and may load nothing from elsewhere', async () => {
    const { address } = await startInspected()
    const page = await fetch(address)
    expect(page.status).toBe(200)
    const headers = Object.fromEntries(page.headers)
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    })
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    const html = await page.clone().text()
    expect(html).not.toMatch(/<style|style=|(?:src|href)="(?:https?:)?\/|<script(?! type="module" [^>]*src=)/)
    const file = await fetch(new URL(await scriptOf(page), address))
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
    const contractResponse = await fetch(`${address}/contract.json`)
    expect(contractResponse.headers.get('cache-control')).toBe('no-store')
    expect(Object.keys((await contractResponse.json()).procedures)).toContain('chat/send')
  })

  it.each(['/', '/api/v1/events'])('finds its files when the server is mounted at %s', async (path) => {
    const tidings = createServer(contract, { inspector: inspector() }, { greet: async () => {} })
    const { origin } = await listen(nodeHandler(tidings, { path }))
    for (const end of ['', '/']) {
      const address = `${origin}${path.replace(/\/$/, '')}/$inspect${end}`
      const file = await fetch(new URL(await scriptOf(await fetch(address)), address))
      expect([file.status, file.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    }
  })

  it('answers HEAD, and reveals nothing to other methods', async () => {
    const request = serve()
    const head = await request('/$inspect', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await request('/$inspect', { method })).status).toBe(404)
    }
  })

  it.each([
    '/$inspect/missing.js',
    '/$inspect/../page.js',
    '/$inspect/..%2f..%2fpackage.json',
    '/$inspect/..%2f..%2fgreet',
    '/$inspect//etc/passwd',
    '/$inspect/constructor',
    '/$inspect/__proto__',
    '/$inspect/$inspect/$inspect/index.html',
    '/$inspected',
  ])('has nothing at %s', async (path) => {
    expect((await serve()(path)).status).toBe(404)
  })

  it('may be linked to by another site, and neither framed nor read', async () => {
    const request = serve()
    const from = (destination: string) => ({
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': destination },
    })
    expect((await request('/$inspect', from('document'))).status).toBe(200)
    expect((await request('/$inspect', from('iframe'))).status).toBe(403)
    expect((await request('/$inspect/contract.json', from('document'))).status).toBe(403)
  })
})

describe('access to the page', () => {
  const paths = ['/$inspect', '/$inspect/contract.json', '/$inspect/stats', '/$inspect/missing.js']

  it('is refused in production without authorize', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const request = serve()
    for (const path of paths) expect((await request(path)).status).toBe(404)
    expect((await serve({ authorize: () => true })('/$inspect')).status).toBe(200)
  })

  it('is decided by authorize from the context, and refused as an unknown path', async () => {
    const request = serve(
      { authorize: ({ context }) => (context as { isAdmin: boolean }).isAdmin },
      { context: ({ headers }) => ({ isAdmin: headers.get('cookie') === 'admin' }) },
    )
    expect((await request('/$inspect', { headers: { cookie: 'admin' } })).status).toBe(200)
    const unknown = await (await request('/$nothing')).json()
    for (const path of paths) {
      const response = await request(path)
      expect(response.status).toBe(404)
      const problem = await response.json()
      expect(problem).toEqual({ ...unknown, detail: unknown.detail.replace('$nothing', path.slice(1)) })
    }
  })

  it('is refused as an unknown path to a caller that context does not know', async () => {
    const request = serve(
      { authorize: () => true },
      {
        context: () => {
          throw new TidingsError({ code: 'unauthorized' })
        },
      },
    )
    expect((await request('/$inspect')).status).toBe(404)
  })

  it('is refused when authorize fails, which the server reports', async () => {
    const onError = vi.fn()
    const request = serve(
      {
        authorize: () => {
          throw new Error('no database')
        },
      },
      { onError },
    )
    expect((await request('/$inspect')).status).toBe(500)
    expect(onError).toHaveBeenCalledOnce()
  })

  it('asks for no context in development, where a caller may have none yet', async () => {
    const context = vi.fn()
    expect((await serve({}, { context })('/$inspect/contract.json')).status).toBe(200)
    expect(context).not.toHaveBeenCalled()
  })
})

it('refuses options that it does not have', () => {
  expect(() => inspector({ allow: () => true } as never)).toThrow(
    'inspector: options has unknown key "allow". Expected authorize',
  )
  expect(() => inspector({ authorize: true } as never)).toThrow(
    'inspector: authorize is a value of type boolean. Give a function',
  )
  expect(() => createServer(contract, { inspector: true as never }, { greet: async () => {} })).toThrow(
    'inspector is a value of type boolean. Give the result of inspector() of @tidings/inspector',
  )
})
