import { afterAll } from 'vitest'
import { makeCertificate, removeCertificate } from './suite/certificate.js'
import { hostSuite } from './suite/host-suite.js'
import { startNodeApp, versionOf } from './suite/node-app.js'
import { installedNode } from './suite/node-versions.js'

hostSuite('Express 5', {
  version: versionOf('express'),
  files: ['express.ts'],
  hasRoutes: true,
  start: () => startNodeApp('express.ts'),
})

hostSuite('Express 4', {
  version: versionOf('express-4'),
  files: ['express.ts'],
  hasRoutes: true,
  start: () => startNodeApp('express.ts', { imports: { express: 'express-4' } }),
})

hostSuite('node:http', {
  version: installedNode.version,
  files: ['http.ts'],
  start: () => startNodeApp('http.ts'),
})

const certificate = makeCertificate()
afterAll(() => removeCertificate(certificate))

hostSuite('node:https', {
  version: installedNode.version,
  files: ['https.ts'],
  start: () => startNodeApp('https.ts', { tls: { certificate, allowH2: false } }),
})

// The server refuses HTTP/1.1.
hostSuite('node:http2', {
  version: installedNode.version,
  files: ['http2.ts'],
  start: () => startNodeApp('http2.ts', { tls: { certificate, allowH2: true } }),
})
