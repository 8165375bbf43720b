import { hostSuite } from './suite/host-suite.js'
import { startNodeApp, versionOf } from './suite/node-app.js'

hostSuite('Fastify', {
  version: versionOf('fastify'),
  files: ['fastify.ts'],
  hasRoutes: true,
  start: () => startNodeApp('fastify.ts'),
})

hostSuite('Koa', {
  version: versionOf('koa'),
  files: ['koa.ts'],
  hasRoutes: true,
  prints: /^ *(Error: read ECONNRESET|at .*)$/,
  start: () => startNodeApp('koa.ts'),
})

hostSuite('Hono on Node', {
  version: versionOf('hono'),
  files: ['hono.ts'],
  hasRoutes: true,
  start: () => startNodeApp('hono.ts'),
})

hostSuite('Nest on Express', {
  version: versionOf('@nestjs/core'),
  files: ['nest-express.ts'],
  hasRoutes: true,
  start: () => startNodeApp('nest-express.ts'),
})

hostSuite('Nest on Fastify', {
  version: versionOf('@nestjs/core'),
  files: ['nest-fastify.ts'],
  hasRoutes: true,
  start: () => startNodeApp('nest-fastify.ts'),
})
