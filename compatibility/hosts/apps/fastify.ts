import { nodeHandler } from '@tidings/server/node'
import fastify from 'fastify'
import { tidings } from './tidings.js'

const handler = nodeHandler(tidings)
const app = fastify()
app.addHook('onRequest', async (request, reply) => {
  if (!/^\/events(?=[/?]|$)/.test(request.url)) return
  reply.hijack()
  handler(request.raw, reply.raw)
})
await app.listen({ port: 3000 })
