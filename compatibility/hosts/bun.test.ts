import { bunPath } from './suite/binaries.js'
import { hostSuite } from './suite/host-suite.js'
import { versionOf } from './suite/node-app.js'
import { type RuntimeCommand, startRuntimeApp } from './suite/runtime-app.js'

const bun: RuntimeCommand = [bunPath(), 'run', '--conditions=@tidings/source']

hostSuite('Bun', {
  version: versionOf('bun'),
  files: ['bun.ts'],
  start: () => startRuntimeApp(bun, 'bun.ts'),
})

hostSuite('Bun, node:http', {
  version: versionOf('bun'),
  files: ['http.ts'],
  start: () => startRuntimeApp(bun, 'http.ts'),
})
