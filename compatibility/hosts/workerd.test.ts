import { hostSuite } from './suite/host-suite.js'
import { versionOf } from './suite/node-app.js'
import { startWorker } from './suite/worker.js'

hostSuite('workerd', {
  version: versionOf('workerd'),
  files: ['worker.ts', 'worker.capnp'],
  start: () => startWorker('worker.ts', 'worker.capnp'),
})
