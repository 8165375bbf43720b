import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { listenOnFreePort, until } from '@tidings/test-kit'
import compression from 'compression'
import express, { type RequestHandler } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { contract } from './contract.js'

function start() {
  const tidings = createServer(contract, {
    room: { snapshot: () => ({ messages: ['old'] }) },
    send: () => ({ text: 'sent', sentAt: new Date(0) }),
    admin: { ping: () => {}, count: async () => ({ total: 0 }) },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return tidings
}

const psk = { psk: Buffer.alloc(32, 7), identity: 'test' }

async function listening(server: { listen(port: number, host: string, then: () => void): unknown } & Server) {
  await listenOnFreePort(server)
  onTestFinished(() => {
    server.closeAllConnections?.()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A socket, and all that came over it. */
function reading(socket: Socket) {
  let text = ''
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  socket.on('error', () => {})
  onTestFinished(() => {
    socket.destroy()
  })
  return {
    socket,
    text: () => text,
    async got(piece: string) {
      await until(() => text.includes(piece), `${piece} had come`)
    },
  }
}

/** Takes an answer's chunks apart by RFC 9112 section 7.1; throws for what is not framed as it should be. */
function dechunked(answer: string): { body: string; isComplete: boolean; rest: string } {
  let rest = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  let body = ''
  for (;;) {
    const size = /^([\da-f]+)\r\n/.exec(rest)
    if (!size) return { body, isComplete: false, rest }
    const length = Number.parseInt(String(size[1]), 16)
    const data = Buffer.from(rest.slice(size[0].length)).subarray(0, length).toString()
    rest = rest.slice(size[0].length + data.length)
    if (!rest.startsWith('\r\n')) throw new Error(`no line break after a chunk of ${length}`)
    rest = rest.slice(2)
    if (length === 0) return { body, isComplete: true, rest }
    body += data
  }
}

const get = (path: string, version = '1.1', headers = '') =>
  `GET ${path} HTTP/${version}\r\nHost: 127.0.0.1\r\n${headers}\r\n`

describe.each<[string, (app: RequestListener) => Promise<Socket>]>([
  ['HTTP/1.1', async (app) => connect(await listening(createHttp(app)), '127.0.0.1')],
  [
    'HTTP/1.1 over TLS',
    async (app) => {
      // Keys that both know need no certificate.
      const options = { ciphers: 'PSK', maxVersion: 'TLSv1.2' as const }
      const server = createHttps({ ...options, pskCallback: () => psk.psk }, app)
      const port = await listening(server as unknown as Server)
      return connectTls({
        ...options,
        port,
        host: '127.0.0.1',
        pskCallback: () => psk,
        checkServerIdentity: () => undefined,
      })
    },
  ],
])('over %s', (_name, connectTo) => {
  it('a response is framed correctly to its end, and the connection stays usable', async () => {
    const tidings = start()
    const app = express()
    app.use('/events', expressHandler(tidings))
    app.get('/after', (_request, response) => void response.send('still here'))
    const { socket, text, got } = reading(await connectTo(app))
    socket.write(get('/events/room?roomId=a'))
    await got('"old"')
    for (const typing of ['ä€😀', 'x'.repeat(100_000), 'last']) {
      await tidings.emit.room({ roomId: 'a' }).typing(typing)
      await got(typing.slice(0, 20))
    }
    await got('last')
    expect(dechunked(text()).isComplete).toBe(false)
    await tidings.close({ drainMs: 0 })
    await until(() => dechunked(text()).isComplete, 'the answer was complete')
    const { body } = dechunked(text())
    expect(body).toMatch(/^retry: \d+\nevent: \$open\n/)
    expect(body.match(/event: typing\ndata: "/g)).toHaveLength(3)
    expect(body).toContain(`data: "ä€😀"\n\n`)
    expect(body).toContain(`data: "${'x'.repeat(100_000)}"\n\n`)
    socket.write(get('/after'))
    await got('still here')
    expect(dechunked(text()).rest).toMatch(/^HTTP\/1\.1 200 OK/)
  })
})

describe('middleware and older protocols', () => {
  it('see all writes when a response is wrapped after Express', async () => {
    const tidings = start()
    const seen: string[] = []
    const spy: RequestHandler = (_request, response, next) => {
      const write = response.write.bind(response) as (chunk: Uint8Array) => boolean
      response.write = (chunk: Uint8Array) => {
        seen.push(Buffer.from(chunk).toString())
        return write(chunk)
      }
      next()
    }
    const app = express()
    app.use('/events', spy, expressHandler(tidings))
    const { socket, text, got } = reading(connect(await listening(createHttp(app)), '127.0.0.1'))
    socket.write(get('/events/ticks'))
    await got('$open')
    await tidings.emit.ticks().tick(7)
    await got('data: 7')
    expect(seen.join('')).toContain('event: tick\ndata: 7\n\n')
    expect(dechunked(text()).body).toBe(seen.join(''))
  })

  it('may compress a response', async () => {
    const tidings = start()
    const app = express()
    app.use(compression({ filter: () => true, threshold: 0 }))
    // It leaves alone what may not be transformed; a filter of one's own cannot say otherwise.
    app.use('/events', expressHandler(tidings))
    const { socket, text, got } = reading(connect(await listening(createHttp(app)), '127.0.0.1'))
    socket.write(get('/events/ticks', '1.1', 'Accept-Encoding: gzip\r\n'))
    await got('$open')
    await tidings.emit.ticks().tick(7)
    await got('data: 7')
    expect(dechunked(text()).body).toContain('data: 7\n\n')
  })

  it('include HTTP/1.0, which has no chunks', async () => {
    const tidings = start()
    const app = express()
    app.use('/events', expressHandler(tidings))
    const { socket, text, got } = reading(connect(await listening(createHttp(app)), '127.0.0.1'))
    socket.write(get('/events/ticks', '1.0'))
    await got('$open')
    await tidings.emit.ticks().tick(7)
    await got('data: 7')
    expect(text()).toMatch(/\r\n\r\nid: [\w-]+\.0\nretry: \d+\nevent: \$open/)
  })

  it('include an earlier request on the same connection without a response yet', async () => {
    const tidings = start()
    const app = express()
    let answer: (() => void) | undefined
    app.get('/slow', (_request, response) => {
      answer = () => void response.send('slow')
    })
    app.use('/events', expressHandler(tidings))
    const { socket, text, got } = reading(connect(await listening(createHttp(app)), '127.0.0.1'))
    socket.write(get('/slow') + get('/events/ticks'))
    await until(() => answer !== undefined, 'the first request had come')
    expect(text()).toBe('')
    answer?.()
    await got('$open')
    await tidings.emit.ticks().tick(7)
    await got('data: 7')
    await tidings.emit.ticks().tick(8)
    await got('data: 8')
    const stream = text().slice(text().indexOf('slow') + 4)
    expect(dechunked(stream).body).toMatch(/\$open.*data: 7\n\n.*data: 8\n\n$/s)
  })
})

it('over HTTP/2, topics, commands and the end work', async () => {
  const tidings = start()
  const server = createHttp2(nodeHandler(tidings))
  const port = await listening(server as unknown as Server)
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  onTestFinished(() => session.destroy())
  const stream = session.request({ ':path': '/events/room?roomId=a' })
  let text = ''
  let isOver = false
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  stream.on('end', () => {
    isOver = true
  })
  await until(() => text.includes('"old"'), 'the snapshot had come')
  for (const typing of ['one', 'x'.repeat(200_000), 'two'])
    await tidings.emit.room({ roomId: 'a' }).typing(typing)
  await until(() => text.includes('"two"'), 'the events had come')
  expect(text).toContain(`data: "${'x'.repeat(200_000)}"\n\n`)
  const command = session.request({
    ':path': '/events/send',
    ':method': 'POST',
    'content-type': 'application/json',
  })
  command.end('{"text":"hi"}')
  let answer = ''
  for await (const piece of command.setEncoding('utf8')) answer += piece
  expect(JSON.parse(answer)).toMatchObject({ text: 'sent' })
  await tidings.close({ drainMs: 0 })
  await until(() => isOver, 'the stream was over')
})
