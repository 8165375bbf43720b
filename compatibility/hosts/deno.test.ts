import { denoPath } from './suite/binaries.js'
import { hostSuite } from './suite/host-suite.js'
import { versionOf } from './suite/node-app.js'
import { type RuntimeCommand, startRuntimeApp } from './suite/runtime-app.js'

const deno: RuntimeCommand = [
  denoPath(),
  'run',
  '--quiet',
  '--no-lock',
  '--node-modules-dir=manual',
  '--conditions=@tidings/source',
  // The sources import `./name.js`, as they would from their build.
  '--unstable-sloppy-imports',
  '--allow-net',
  '--allow-env',
  '--allow-read',
]

hostSuite('Deno', {
  version: versionOf('deno'),
  files: ['deno.ts'],
  start: () =>
    startRuntimeApp(deno, 'deno.ts', { ignores: /^(Listening on|Deno.serve: request.signal aborts) .*\n/gm }),
})

hostSuite('Deno, node:http', {
  version: versionOf('deno'),
  files: ['http.ts'],
  start: () => startRuntimeApp(deno, 'http.ts'),
})
