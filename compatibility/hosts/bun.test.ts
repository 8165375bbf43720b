import { bunCommand } from './suite/binaries.js'
import { hostSuite } from './suite/host-suite.js'
import { versionOf } from './suite/node-app.js'
import { startRuntimeApp } from './suite/runtime-app.js'

hostSuite('Bun', {
  version: versionOf('bun'),
  files: ['bun.ts'],
  start: () => startRuntimeApp(bunCommand, 'bun.ts'),
})

hostSuite('Bun, node:http', {
  version: versionOf('bun'),
  files: ['http.ts'],
  start: () => startRuntimeApp(bunCommand, 'http.ts'),
})
