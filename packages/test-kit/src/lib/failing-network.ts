import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listenOnFreePort } from './free-port.js'

/** Two ends of one connection. `isLost`: neither hears of the other again, nor that it has gone, unless it asks. */
interface Path {
  readonly downstream: Socket
  readonly upstream: Socket
  isLost: boolean
}

/**
 * The network between a page and its server, as a TCP proxy that can fail in two ways: it goes `silent`, or it is `down`,
 * which cuts what there is and refuses what is new. What was lost stays lost when it is up again: who waits to hear something
 * waits for good, and who says something is told that nobody knows of the connection.
 */
export async function failingNetwork(upstreamPort: number) {
  const paths = new Set<Path>()
  let state: 'up' | 'silent' | 'down' = 'up'
  const server = createServer((downstream) => {
    if (state === 'down') {
      downstream.resetAndDestroy()
      return
    }
    const upstream = connect(upstreamPort, '127.0.0.1')
    const path: Path = { downstream, upstream, isLost: state === 'silent' }
    paths.add(path)
    passOn(path, downstream, upstream, () => {
      if (state === 'up') downstream.resetAndDestroy()
    })
    passOn(path, upstream, downstream)
  })
  await listenOnFreePort(server)
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const { downstream, upstream } of paths) {
      downstream.destroy()
      upstream.destroy()
    }
    await closed
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    become(next: 'up' | 'silent' | 'down') {
      state = next
      if (next === 'up') return
      for (const path of paths) {
        path.isLost = true
        if (next === 'down') path.downstream.resetAndDestroy()
      }
    },
  }
}

function passOn(path: Path, from: Socket, to: Socket, saidInVain: () => void = () => {}): void {
  from.on('data', (piece) => {
    if (path.isLost) saidInVain()
    else to.write(piece)
  })
  from.on('error', () => {})
  from.on('close', () => {
    if (!path.isLost) to.destroy()
  })
}
