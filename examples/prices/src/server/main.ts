import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Market } from './market'
import { createPrices } from './prices'
import { settingsOf } from './settings'

const { changesPerSecond, seed, slowBytesPerSecond } = settingsOf(process.env)
const market = new Market({ seed, changesPerSecond, openedAt: Date.now() })
const { app, tidings } = createPrices({
  webFolder: fileURLToPath(new URL('./web', import.meta.url)),
  market,
  slowBytesPerSecond,
})
const stopMarket = market.start()

const http = createHttpServer(app)
// Without PORT, the server takes the next free port.
const chosen = process.env['PORT']
await listen(http, Number(chosen ?? 3000), chosen === undefined ? 100 : 0)
console.log(`The price board is running at http://localhost:${(http.address() as AddressInfo).port}`)
console.log(`${market.listings.length} simulated prices change ${changesPerSecond} times a second`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

async function stop(): Promise<void> {
  http.close()
  stopMarket()
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
