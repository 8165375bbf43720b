import { expect, it, onTestFinished } from 'vitest'
import { json, request } from './suite/clients.js'
import { startNodeApp } from './suite/node-app.js'
import { pageOf } from './suite/page.js'

it.each(['fastify-user.ts', 'koa-user.ts', 'hono-user.ts'])(
  '%s, of docs/runtimes.md, passes the user of its host on to context',
  async (file) => {
    const page = await pageOf('')
    expect([await page.shows('signed-in.ts'), await page.shows(file)]).toEqual([true, true])
    const app = await startNodeApp(file)
    onTestFinished(() => app.stop())
    const greet = (headers = {}) => request(app, '/greet', json({}, headers))
    expect((await greet({ cookie: 'session=ada' })).body).toBe('"Hello, ada"')
    expect((await greet()).body).toBe('"Hello, stranger"')
    expect(app.printed?.()).toBe('')
  },
)
