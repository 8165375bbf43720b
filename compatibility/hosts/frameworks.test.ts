import { hostSuite } from './suite/host-suite.js'
import { startNodeApp, versionOf } from './suite/node-app.js'

hostSuite('Fastify', {
  version: versionOf('fastify'),
  files: ['fastify.ts'],
  start: () => startNodeApp('fastify.ts'),
})

hostSuite('Koa', {
  version: versionOf('koa'),
  files: ['koa.ts'],
  prints: /^ *(Error: read ECONNRESET|at .*)$/,
  start: () => startNodeApp('koa.ts'),
})

hostSuite('Hono on Node', {
  version: versionOf('hono'),
  files: ['hono.ts'],
  start: () => startNodeApp('hono.ts'),
})

hostSuite('Nest on Express', {
  version: versionOf('@nestjs/core'),
  files: ['nest-express.ts'],
  start: () => startNodeApp('nest-express.ts'),
})

hostSuite('Nest on Fastify', {
  version: versionOf('@nestjs/core'),
  files: ['nest-fastify.ts'],
  start: () => startNodeApp('nest-fastify.ts'),
})
