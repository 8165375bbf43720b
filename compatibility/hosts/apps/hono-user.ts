import { serve } from '@hono/node-server'
import { fetchHandler } from '@tidings/server/fetch'
import { Hono } from 'hono'
import { type User, userOf } from './sessions.js'
import { hostUser, tidings } from './signed-in.js'

const handler = fetchHandler(tidings)
const app = new Hono<{ Variables: { user: User | undefined } }>()
app.use(async (c, next) => {
  c.set('user', await userOf(c.req.header('cookie')))
  await next()
})
app.all('/events/*', (c) => handler(hostUser.attach(c.req.raw, c.get('user')), c.env))
serve({ fetch: app.fetch, port: 3000 })
