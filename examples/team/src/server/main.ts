import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import helmet from 'helmet'
import { admin } from './admin'
import { app } from './app'
import { incidents } from './incidents'
import { sessions } from './session'
import { signIn } from './sign-in'
import { accessChanges } from './users'

// The pages of other origins that may use the server: https://app.example.org,https://admin.example.org
const origins = process.env['ORIGINS']?.split(',') ?? []

const report = (error: unknown) => console.error(error)
const tidings = createServer(
  app,
  { cors: { origins }, onError: (error, { place }) => console.error(`Failed at ${place}:`, error) },
  { incidents, admin },
)
accessChanges.on('role', (principal) => void tidings.reauthorize({ principal }).catch(report))
accessChanges.on('sessions', (principal) => void tidings.disconnect({ principal }).catch(report))

const host = express()
host.set('trust proxy', 'loopback') // a proxy on this machine may say that the browser uses HTTPS
host.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }))
host.use(sessions)
host.use('/session', signIn)
host.use('/events', expressHandler(tidings))
host.use(express.static(fileURLToPath(new URL('./web', import.meta.url))))

const http = createHttpServer(host)
// Without PORT, the server takes the next free port.
const chosen = process.env['PORT']
await listen(http, Number(chosen ?? 3000), chosen === undefined ? 100 : 0)
console.log(`The incident board is running at http://localhost:${(http.address() as AddressInfo).port}`)

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
