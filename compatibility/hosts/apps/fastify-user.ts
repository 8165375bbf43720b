import { nodeHandler } from '@tidings/server/node'
import fastify from 'fastify'
import { type User, userOf } from './sessions.js'
import { hostUser, tidings } from './signed-in.js'

declare module 'fastify' {
  interface FastifyRequest {
    user: User | undefined
  }
}

const handler = nodeHandler(tidings)
const app = fastify()
app.decorateRequest('user', undefined)
app.addHook('onRequest', async (request) => {
  request.user = await userOf(request.headers.cookie)
})
app.addHook('onRequest', async (request, reply) => {
  if (!/^\/events(?=[/?]|$)/.test(request.url)) return
  reply.hijack()
  handler(hostUser.attach(request.raw, request.user), reply.raw)
})
await app.listen({ port: 3000 })
