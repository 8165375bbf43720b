import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createJobs } from './jobs'
import { pause } from './pause'
import { settingsOf } from './settings'

const { workers, pace } = settingsOf(process.env)
const { app, tidings } = createJobs({
  webFolder: fileURLToPath(new URL('./web', import.meta.url)),
  workers,
  maxWaiting: 20,
  pause: (ms, signal) => pause(ms * pace, signal),
})

const http = createHttpServer(app)
// Without PORT, the server takes the next free port.
const chosen = process.env['PORT']
await listen(http, Number(chosen ?? 3000), chosen === undefined ? 100 : 0)
console.log(`The job runner is running at http://localhost:${(http.address() as AddressInfo).port}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

async function stop(): Promise<void> {
  http.close()
  await tidings.close()
  http.closeAllConnections()
}

function listen(server: Server, port: number, retries: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && retries > 0) resolve(listen(server, port + 1, retries - 1))
      else reject(error)
    })
    server.listen(port, process.env['HOST'], () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}
