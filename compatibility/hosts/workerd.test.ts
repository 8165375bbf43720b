import { hostSuite } from './suite/host-suite.js'
import { versionOf } from './suite/node-app.js'
import { startWorker } from './suite/worker.js'

hostSuite('workerd', {
  version: versionOf('workerd'),
  files: ['worker.ts', 'worker.capnp'],
  late: {
    disconnect: 'When the server next writes to the client: see [Cloudflare Workers](#cloudflare-workers).',
  },
  start: () => startWorker('worker.ts', 'worker.capnp'),
})
