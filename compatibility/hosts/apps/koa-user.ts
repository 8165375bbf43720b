import { nodeHandler } from '@tidings/server/node'
import Koa from 'koa'
import { type User, userOf } from './sessions.js'
import { hostUser, tidings } from './signed-in.js'

const handler = nodeHandler(tidings)
const app = new Koa<{ user?: User | undefined }>()
app.use(async (ctx, next) => {
  ctx.state.user = await userOf(ctx.headers.cookie)
  return next()
})
app.use(async (ctx, next) => {
  if (!/^\/events(?=\/|$)/.test(ctx.path)) return next()
  ctx.respond = false
  handler(hostUser.attach(ctx.req, ctx.state.user), ctx.res)
})
app.listen(3000)
