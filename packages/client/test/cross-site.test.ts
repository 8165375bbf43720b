import type { RequestListener } from 'node:http'
import { listen, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { expect, it } from 'vitest'
import { startServer } from './harness.js'

const newContext = sharedChromium()

const page: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Another site</title>')
}

/** A server that knows its visitors by a cookie, a page of its own, and another site that they visit as well. */
async function start(origins: readonly string[] = []) {
  const runs: [text: string, cookie: string | undefined][] = []
  const cookies: (string | undefined)[] = []
  const other = await listen(page)
  const server = await startServer(
    {
      send: ({ input }) => {
        runs.push([input.text, cookies.at(-1)])
        return { text: input.text, sentAt: new Date(0) }
      },
    },
    {
      cors: { origins: origins.map((origin) => origin.replace('other', other.origin)) },
      before: (request, response) => {
        cookies.push(request.headers.cookie)
        if (request.url !== '/') return
        response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'user=ada; SameSite=Lax' })
        response.end('<!doctype html><title>The app</title>')
      },
    },
  )
  const tab = await (await newContext()).newPage()
  await tab.goto(server.origin)
  await tab.goto(other.origin)
  return { ...server, runs, tab }
}

const body = JSON.stringify({ text: 'forged' })

it.skipIf(!hasChromium)(
  'in Chromium, neither a form nor a script of another site can send a command',
  async () => {
    const { tidings, tab, url, runs, requests } = await start()
    // Scripts: with the right content type, which asks first; and with one that a form could send, which does not.
    for (const type of ['application/json', 'text/plain']) {
      const outcome = await tab.evaluate(
        ([target, text, contentType]) =>
          fetch(String(target), {
            method: 'POST',
            credentials: 'include',
            headers: { 'content-type': String(contentType) },
            body: String(text),
          }).then(
            ({ status }) => status,
            () => 'failed',
          ),
        [`${url}/send`, body, type],
      )
      expect(outcome).toBe('failed')
    }
    const stream = await tab.evaluate(
      (target) =>
        new Promise((resolve) => {
          const source = new EventSource(target, { withCredentials: true })
          source.onopen = () => resolve('opened')
          source.onerror = () => resolve('failed')
        }),
      `${url}/ticks`,
    )
    expect(stream).toBe('failed')
    await tab.evaluate(
      ([target, text]) => {
        const form = document.createElement('form')
        Object.assign(form, { method: 'post', action: target, enctype: 'text/plain' })
        const input = document.createElement('input')
        // A form that sends JSON, all but the equals sign in it.
        Object.assign(input, { name: `${String(text).slice(0, -1)},"`, value: '":1}' })
        form.append(input)
        document.body.append(form)
        form.submit()
      },
      [`${url}/send`, body],
    )
    await until(() => requests.filter(({ method }) => method === 'POST').length >= 2, 'the form was sent')
    await tab.waitForURL(`${url}/send`)
    expect(await tab.content()).toContain('forbidden')
    expect(runs).toEqual([])
    expect(tidings.stats().connections).toBe(0)
  },
)

it.skipIf(!hasChromium)('in Chromium, a listed site can send a command', async () => {
  const { tab, url, runs } = await start(['other'])
  const status = await tab.evaluate(
    ([target, text]) =>
      fetch(String(target), {
        method: 'POST',
        credentials: 'include',
        headers: { 'content-type': 'application/json' },
        body: String(text),
      }).then((response) => response.status),
    [`${url}/send`, body],
  )
  expect(status).toBe(200)
  expect(runs).toEqual([['forged', 'user=ada']])
})

it.skipIf(!hasChromium).each([
  ['a sibling', '127.0.0.1'],
  ['another site', 'localhost'],
])('in Chromium, neither an image nor a frame of %s opens a stream', async (_whose, host) => {
  const { tidings, tab, url } = await start()
  const { port } = new URL(tab.url())
  await tab.goto(`http://${host}:${port}`)
  // A frame whose stream had opened would go on loading for good.
  await tab.evaluate(async (target) => {
    const loading = ['img', 'iframe'].flatMap((tag) =>
      ['', '/ticks'].map((path) => {
        const element = document.body.appendChild(document.createElement(tag))
        return new Promise((resolve) => {
          element.onload = resolve
          element.onerror = resolve
          Object.assign(element, { src: `${target}${path}?${tag}` })
        })
      }),
    )
    await Promise.all(loading)
  }, url)
  expect(tidings.stats()).toMatchObject({ connections: 0, bytes: 0 })
  // The user who enters its address may look at one.
  void tab.goto(`${url}/ticks`).catch(() => {})
  await until(() => tidings.stats().connections === 1, 'it was open')
})
