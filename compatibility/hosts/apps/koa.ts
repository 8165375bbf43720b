import { nodeHandler } from '@tidings/server/node'
import Koa from 'koa'
import { tidings } from './tidings.js'

const handler = nodeHandler(tidings)
const app = new Koa()
app.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/events')) return next()
  ctx.respond = false
  handler(ctx.req, ctx.res)
})
app.listen(3000)
