import { serve } from '@hono/node-server'
import { fetchHandler } from '@tidings/server/fetch'
import { Hono } from 'hono'
import { tidings } from './tidings.js'

const handler = fetchHandler(tidings)
const app = new Hono()
app.all('/events/*', (c) => handler(c.req.raw, c.env))
serve({ fetch: app.fetch, port: 3000 })
