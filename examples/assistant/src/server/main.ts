import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createAssistant } from './assistant'
import { documentation } from './documentation'
import { settingsOf } from './settings'

const { model, about, searchPauseMs } = settingsOf(process.env)
const { app, tidings } = createAssistant({
  webFolder: fileURLToPath(new URL('./web', import.meta.url)),
  model,
  // The root of the repository, from `dist` as from `src/server`.
  search: documentation(fileURLToPath(new URL('../../..', import.meta.url)), searchPauseMs),
})

const http = createHttpServer(app)
// Without PORT, the server takes the next free port.
const chosen = process.env['PORT']
await listen(http, Number(chosen ?? 3000), chosen === undefined ? 100 : 0)
console.log(`The assistant is running at http://localhost:${(http.address() as AddressInfo).port}`)
console.log(about)

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
