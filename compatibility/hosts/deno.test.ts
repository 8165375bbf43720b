import { denoCommand } from './suite/binaries.js'
import { hostSuite } from './suite/host-suite.js'
import { versionOf } from './suite/node-app.js'
import { startRuntimeApp } from './suite/runtime-app.js'

hostSuite('Deno', {
  version: versionOf('deno'),
  files: ['deno.ts'],
  start: () =>
    startRuntimeApp(denoCommand, 'deno.ts', { ignores: /^Deno.serve: request.signal aborts .*\n/m }),
})

hostSuite('Deno, node:http', {
  version: versionOf('deno'),
  files: ['http.ts'],
  start: () => startRuntimeApp(denoCommand, 'http.ts'),
})
