import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { hostOf, portOf, type Target } from './target.js'

/** Bytes of the response that tell one proxy from another. */
const enoughBytes = 8_192

/** Milliseconds the response may take. Some proxies only close the connection. */
const patienceMs = 2_000

/**
 * Sends a request that no proxy passes on, and returns the response. Proxies that hide their name answer it in words of
 * their own.
 */
export function askMalformed(target: Target): Promise<string> {
  const host = hostOf(target)
  const port = portOf(target)
  const socket =
    target.url.protocol === 'https:'
      ? connectTls({
          host,
          port,
          ...(isIP(host) ? {} : { servername: host }),
          rejectUnauthorized: false,
          ALPNProtocols: ['http/1.1'],
        })
      : connectTcp({ host, port })
  return new Promise((resolve) => {
    let text = ''
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text)
    }
    const timer = setTimeout(finish, patienceMs)
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => {
      text += piece
      if (text.length > enoughBytes) finish()
    })
    socket.once('error', finish)
    socket.once('close', finish)
    socket.write(`GET /\u0001 HTTP/1.1\r\nHost: ${target.url.host}\r\nConnection: close\r\n\r\n`)
  })
}
