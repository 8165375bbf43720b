import { createServer as createHttp, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2, type Http2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { channel, defineContract, stream, type TidingsError } from '@tidings/core'
import { listen, listenOnFreePort, pause, until } from '@tidings/test-kit'
import express, { type RequestHandler } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type ServerOptions } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { open } from './harness.js'

const contract = defineContract({
  ticks: channel({ events: { tick: z.union([z.number(), z.string()]) } }),
  late: channel({ events: { tick: z.number() } }),
  room: channel({ snapshot: z.string(), events: { typing: z.string() } }),
  count: stream({ events: { text: z.string() } }),
})

function start(options: ServerOptions<undefined> = {}, authorize: () => Promise<boolean> = async () => true) {
  const errors: [unknown, string][] = []
  const signals: AbortSignal[] = []
  const loads: ((error: Error) => void)[] = []
  const tidings = createServer(
    contract,
    { onError: (error, { place }) => errors.push([error, place]), ...options },
    {
      late: { authorize },
      room: {
        snapshot: () =>
          new Promise<string>((_resolve, reject) => {
            loads.push(reject)
          }),
      },
      count: async ({ emit, signal }) => {
        signals.push(signal)
        while (!signal.aborted) {
          try {
            // Not awaited, on purpose.
            emit.text('x').catch(() => {})
          } catch {
            // It may hear of the end by its emit before its signal fires.
          }
          await pause(10)
        }
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors, signals, loads }
}

async function portOf(server: Server | Http2Server): Promise<number> {
  await listenOnFreePort(server)
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A client that sends requests and reads nothing but the beginning of the answer. */
async function requesting(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  socket.on('error', () => {})
  socket.write(text)
  await new Promise((resolve) => socket.once('readable', resolve))
  return socket
}

const get = (path: string) => `GET /events/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`

describe('a client that does not read', () => {
  async function stall(tidings: ReturnType<typeof start>['tidings'], port: number) {
    const socket = await requesting(port, get('ticks'))
    while (tidings.stats().lagging === 0) {
      await tidings.emit.ticks().tick('x'.repeat(500_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    return socket
  }

  it('does not keep the HTTP server from closing', async () => {
    const { tidings } = start()
    const server = createHttp(nodeHandler(tidings))
    await stall(tidings, await portOf(server))
    const closed = new Promise((resolve) => server.close(resolve))
    await tidings.close({ drainMs: 0 })
    await closed
  })

  it('is cut when it does not read the end of a connection that reached its lifetime', async () => {
    const { tidings } = start({ maxConnectionMs: 2_000, stallMs: 3_000 })
    const server = createHttp(nodeHandler(tidings))
    await stall(tidings, await portOf(server))
    await until(() => tidings.stats().connections === 0, 'the connection was ended')
    expect(tidings.stats().stalled).toBe(0)
    await until(() => tidings.stats().stalled === 1, 'what it had not read was dropped')
  })

  it('receives no shutdown frame after middleware ended its response', async () => {
    const { tidings } = start()
    const responses: ServerResponse[] = []
    const handle = nodeHandler(tidings)
    const server = createHttp((request, response) => {
      responses.push(response)
      handle(request, response)
    })
    const socket = await stall(tidings, await portOf(server))
    responses[0]?.end()
    const closed = tidings.close({ drainMs: 0 })
    let tail = ''
    socket.on('data', (piece: Buffer) => {
      tail = (tail + piece.toString('latin1')).slice(-1_000)
    })
    await closed
    await until(() => tail.endsWith('\r\n0\r\n\r\n'), 'all was read, and nothing after the last chunk')
    expect(tail).not.toContain('$error')
  })

  it('is cut in a stream whose handler emits without waiting', async () => {
    const { tidings, signals } = start({ stallMs: 100 })
    let isFull = false
    const slow: RequestHandler = (_request, response, next) => {
      // A client whose window is full from the beginning.
      response.write = () => {
        isFull = true
        return false
      }
      next()
    }
    const app = express()
    app.use('/events', slow, expressHandler(tidings))
    const { origin } = await listen(app)
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    void fetch(`${origin}/events/count`, init).catch(() => {})
    await until(() => isFull, 'it was written to')
    await until(() => signals[0]?.aborted === true, 'the stream was cut')
    await until(() => tidings.stats().running === 0, 'the handler was over')
    expect(tidings.stats().stalled).toBe(1)
  })
})

describe('middleware', () => {
  it('may respond first: the connection that was admitted no longer counts against the limit', async () => {
    let allow = () => {}
    const { tidings } = start(
      { limits: { connections: 1 } },
      () =>
        new Promise((resolve) => {
          allow = () => resolve(true)
          respond()
        }),
    )
    let respond = () => {}
    const app = express()
    app.use((_request, response, next) => {
      respond = () => response.headersSent || response.status(503).end()
      next()
    })
    app.use('/events', expressHandler(tidings))
    const { origin } = await listen(app)
    expect((await fetch(`${origin}/events/late`)).status).toBe(503)
    allow()
    await until(() => tidings.stats().connections === 0, 'the connection was released')
    expect((await open(`${origin}/events/ticks`)).response.status).toBe(200)
  })

  it('may throw on a write to one response, which ends while all others continue', async () => {
    const { tidings, errors } = start()
    const app = express()
    let isBroken = false
    app.use((request, response, next) => {
      if (request.query['broken']) {
        const write = response.write.bind(response) as (chunk: Uint8Array) => boolean
        response.write = (chunk: Uint8Array) => {
          if (isBroken) throw new Error('middleware threw')
          return write(chunk)
        }
      }
      next()
    })
    app.use('/events', expressHandler(tidings))
    const { origin } = await listen(app)
    const broken = await open(`${origin}/events/ticks?broken=1`)
    const others = [await open(`${origin}/events/ticks`), await open(`${origin}/events/ticks`)]
    await Promise.all([broken, ...others].map((stream) => stream.count(1)))
    isBroken = true
    for (let n = 1; n <= 4; n += 1) await tidings.emit.ticks().tick(n)
    for (const stream of others) await stream.count(5)
    await until(broken.isOver, 'the broken one was over')
    expect(errors).toEqual([[expect.objectContaining({ message: 'middleware threw' }), 'ticks']])
    expect(tidings.stats().connections).toBe(2)
  })
})

it('an HTTP/2 client that leaves during authorization releases its connection', async () => {
  let answer: (may: boolean) => void = () => {}
  const { tidings } = start(
    { limits: { connections: 1 } },
    () => new Promise((resolve) => (answer = resolve)),
  )
  const server = createHttp2(nodeHandler(tidings))
  let isClosed = false
  server.on('request', (_request, response) => response.once('close', () => (isClosed = true)))
  const session = connectHttp2(`http://127.0.0.1:${await portOf(server)}`)
  onTestFinished(() => session.destroy())
  const request = session.request({ ':path': '/events/late' })
  request.on('error', () => {})
  await until(() => answer.name !== 'answer', 'authorize was asked')
  request.close(8)
  await until(() => isClosed, 'the server noticed that the client left')
  answer(true)
  await until(() => tidings.stats().connections === 0, 'the connection was released')
  const next = session.request({ ':path': '/events/ticks' })
  const status = await new Promise((resolve) =>
    next.once('response', (headers) => resolve(headers[':status'])),
  )
  expect(status).toBe(200)
})

describe('hooks', () => {
  it('report a rejection to onError, and do not end the server', async () => {
    const { tidings, errors } = start({
      hooks: { connected: async () => Promise.reject(new Error('no database')) },
    })
    const { origin } = await listen(nodeHandler(tidings))
    await (await open(`${origin}/events/ticks`)).count(1)
    expect(errors).toEqual([[expect.objectContaining({ message: 'no database' }), 'hooks.connected']])
  })

  it('may close the server', async () => {
    let closed = 0
    const { tidings, errors } = start({
      hooks: {
        disconnected: () => {
          closed += 1
          void tidings.close({ drainMs: 0 })
        },
      },
    })
    const { origin } = await listen(nodeHandler(tidings))
    const streams = await Promise.all(Array.from({ length: 50 }, () => open(`${origin}/events/ticks`)))
    streams[0]?.leave()
    await until(() => streams.every((stream) => stream.isOver()), 'all were over')
    await tidings.close()
    expect([closed, errors]).toEqual([50, []])
  })
})

it('a snapshot that fails is reported once for all its waiters', async () => {
  const { tidings, errors, loads } = start()
  const { origin } = await listen(nodeHandler(tidings))
  const streams = await Promise.all(Array.from({ length: 5 }, () => open(`${origin}/events/room`)))
  await until(() => tidings.stats().subscriptions === 5, 'all were waiting')
  loads[0]?.(new Error('no state'))
  await until(() => streams.every((stream) => stream.isOver()), 'all were over')
  expect(loads).toHaveLength(1)
  expect(errors).toEqual([[expect.objectContaining({ message: 'no state' }), 'room']])
})

describe('unknown and misspelt options', () => {
  const ok = { room: { snapshot: () => '' }, count: async () => {} }
  it.each<[unknown, unknown, RegExp]>([
    [
      {},
      { ...ok, ticks: { authorise: () => false } },
      /handlers\.ticks has unknown key "authorise"\. Expected one of authorize,/,
    ],
    [{ histroy: {} }, ok, /options has unknown key "histroy"/],
    [{ history: { sise: 1 } }, ok, /history has unknown key "sise"/],
    [{ history: { size: 1.5 } }, ok, /history\.size is 1\.5\. Give a whole number/],
    [{ limits: { conections: 1 } }, ok, /limits has unknown key "conections"/],
    [{ limits: null }, ok, /limits is null\. Give an object/],
    [{ hooks: { conected() {} } }, ok, /hooks has unknown key "conected"/],
    [{ hooks: { connected: 5 } }, ok, /hooks\.connected is a value of type number\. Give a function/],
    [{ context: 5 }, ok, /context is a value of type number/],
    [{ onError: 'x' }, ok, /onError is a value of type string/],
  ])('%o', (options, handlers, message) => {
    expect(() => createServer(contract, options as never, handlers as never)).toThrow(
      expect.objectContaining<Partial<TidingsError>>({
        code: 'invalid_options',
        message: expect.stringMatching(message) as unknown as string,
      }),
    )
  })
})
