import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { listenOnFreePort } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'

/** What may happen to a connection on its way. */
export type Harm = 'none' | 'cut' | 'end' | 'stall' | 'refuse' | 'html' | 'delay'

const badGateway = '<html><body><h1>502 Bad Gateway</h1></body></html>'
const html = `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: ${badGateway.length}\r\nConnection: close\r\n\r\n${badGateway}`

/** What to do to a connection: a harm, and after how many bytes of the answer, where that matters. */
export interface Plan {
  readonly harm: Harm
  readonly afterBytes: number
}

/**
 * A TCP proxy before a server that treats each connection as it is told: it cuts it off after some bytes, ends it in order,
 * goes silent, refuses it, answers with a page of its own, or passes everything on late before it cuts it off.
 */
export async function hostileProxy(upstreamPort: number, plan: () => Plan) {
  const done: Record<Harm, number> = { none: 0, cut: 0, end: 0, stall: 0, refuse: 0, html: 0, delay: 0 }
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((downstream) => {
    keep(downstream)
    const { harm, afterBytes } = plan()
    if (harm === 'refuse' || harm === 'html') {
      done[harm] += 1
      if (harm === 'refuse') downstream.resetAndDestroy()
      else downstream.once('data', () => downstream.end(html))
      return
    }
    const upstream = keep(connect(upstreamPort, '127.0.0.1'))
    downstream.pipe(upstream)
    upstream.on('close', () => downstream.destroy())
    downstream.on('close', () => upstream.destroy())
    upstream.on('end', () => downstream.end())
    let bytes = 0
    let isHarmed = false
    upstream.on('data', (piece) => {
      if (isHarmed) return
      bytes += piece.byteLength
      if (harm === 'none' || bytes < afterBytes) {
        downstream.write(piece)
        return
      }
      if (harm === 'delay' && bytes < 2 * afterBytes) {
        upstream.pause()
        setTimeout(() => {
          downstream.write(piece)
          upstream.resume()
        }, 20)
        return
      }
      isHarmed = true
      done[harm] += 1
      // In the middle of whatever it is: a frame, a character, the headers.
      const rest = piece.subarray(0, Math.max(piece.byteLength - (bytes - afterBytes), 0))
      if (harm === 'cut' || harm === 'delay') downstream.write(rest, () => downstream.resetAndDestroy())
      else if (harm === 'end') downstream.end(rest)
      else downstream.write(rest)
    })
  })
  await listenOnFreePort(server)
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, done }
}
