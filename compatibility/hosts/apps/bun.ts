import { fetchHandler } from '@tidings/server/fetch'
import { tidings } from './tidings.js'

Bun.serve({
  port: 3000,
  // In seconds, and longer than the server's heartbeat: Bun would end a quiet connection after 10.
  idleTimeout: 60,
  fetch: fetchHandler(tidings),
})
