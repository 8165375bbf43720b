import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listenOnFreePort } from './free-port.js'

/** The ends of a connection. If `isLost`, nothing passes, and neither end learns that the other closed. */
interface Path {
  readonly downstream: Socket
  readonly upstream: Socket
  isLost: boolean
}

/**
 * The network between a page and its server, as a TCP proxy that can fail in two ways: it goes `silent`, or
 * it is `down`, which cuts its connections and refuses new ones. A connection that was lost stays lost when
 * the network is up again: it delivers nothing more, and is reset when the page sends something on it.
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

function passOn(path: Path, from: Socket, to: Socket, onLost: () => void = () => {}): void {
  from.on('data', (piece) => {
    if (path.isLost) onLost()
    else to.write(piece)
  })
  from.on('error', () => {})
  from.on('close', () => {
    if (!path.isLost) to.destroy()
  })
}
