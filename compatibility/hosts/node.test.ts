import { hostSuite } from './suite/host-suite.js'
import { nodeVersion, startNodeApp, versionOf } from './suite/node-app.js'

hostSuite('Express 5', {
  version: versionOf('express'),
  files: ['express.ts'],
  start: () => startNodeApp('express.ts'),
})

hostSuite('Express 4', {
  version: versionOf('express-4'),
  files: ['express.ts'],
  start: () => startNodeApp('express.ts', { imports: { express: 'express-4' } }),
})

hostSuite('node:http', {
  version: nodeVersion(),
  files: ['http.ts'],
  start: () => startNodeApp('http.ts'),
})
