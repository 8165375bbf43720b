import { nodeHandler } from '@tidings/server/node'
import Koa from 'koa'
import { tidings } from './tidings.js'

const handler = nodeHandler(tidings)
const app = new Koa()
app.use(async (ctx, next) => {
  if (!/^\/events(?=\/|$)/.test(ctx.path)) return next()
  ctx.respond = false
  handler(ctx.req, ctx.res)
})
app.listen(3000)
