import { PassThrough } from 'node:stream'
import { channel, defineContract } from '@tidings/core'
import { describe as describeContract } from '@tidings/core/describe'
import { listen, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { WatchedStream } from '../src/lib/doctor/watched-stream.js'
import { startServer } from './doctor/doctor.js'
import { startForwarder } from './doctor/forwarder.js'
import { startChat } from './live/chat.js'
import { begin, run } from './run-cli.js'

/** What a terminal obeys, apart from line breaks. */
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/

it('writes out the control characters of headers in what doctor prints', async () => {
  const server = '\u009b31m\u009d0;title\u009c'
  const { origin } = await startForwarder(await startServer(15_000), { replace: { server } })
  for (const options of [[], ['--json']]) {
    const { stdout } = await run(['doctor', `${origin}/events`, '--wait', '10ms', ...options])
    expect(stdout).toContain('\\u009b31m')
    expect(stdout).not.toMatch(obeyed)
  }
})

it('writes out control characters in JSON', async () => {
  const chat = await startChat()
  const running = begin(['tail', chat.url, 'room', 'roomId=lobby', '--json', '--no-snapshot', '--count', '1'])
  await until(
    () => running.stderr.includes('Live: '),
    () => `the tail is live: ${running.stderr}`,
  )
  const text = 'hi \u009b31m\u202e'
  await chat.emit.room({ roomId: 'lobby' }).message({ author: 'eve', text, sentAt: new Date(0) })
  const { stdout } = await running.ended
  expect(stdout).not.toMatch(obeyed)
  expect(JSON.parse(stdout)).toMatchObject({ data: { text } })
})

it('names no position to continue at that is not a cursor', async () => {
  const document = describeContract(defineContract({ ticks: channel({ events: {} }) }))
  const { origin } = await listen((request, response) => {
    if (request.url?.endsWith('$contract')) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
      return
    }
    response.setHeader('content-type', 'text/event-stream')
    response.write('event: $open\ndata: {"id":"a"}\n\nid: $(reboot)\u001b[2J\nevent: other\ndata: 1\n\n')
  })
  const running = begin(['tail', `${origin}/events`, 'ticks'])
  onTestFinished(() => running.interrupt())
  await until(
    () => running.stdout.includes('misfit'),
    () => `the event arrived: ${running.stderr}`,
  )
  running.interrupt()
  const { stdout, stderr } = await running.ended
  expect(stdout + stderr).not.toMatch(obeyed)
  expect(stderr).not.toContain('reboot')
})

it('sends no headers to where a server redirects', async () => {
  const received: unknown[] = []
  const other = await listen((request, response) => {
    received.push(request.headers)
    response.end()
  })
  const { origin } = await listen((_, response) => {
    response.writeHead(302, { location: `${other.origin}/events/$contract` }).end()
  })
  const ended = await run(['describe', `${origin}/events`, '--header', 'x-api-key: secret'])
  expect(received).toEqual([])
  expect(ended.code).toBe(3)
  expect(ended.stderr).toContain(`${origin}/events redirects to ${other.origin}/events`)
})

it('keeps a part of an endless stream', async () => {
  const body = new PassThrough()
  const exchange = { status: 200, headers: {}, body, sentAt: 0, headersAt: 0, close: () => {} }
  const stream = new WatchedStream(exchange)
  const frame = `event: other\ndata: ${'x'.repeat(90)}\n\n`
  for (let count = 0; count < 200; count += 1) body.write(frame.repeat(1_000))
  body.end()
  await until(() => stream.ending !== undefined, 'the stream was read')
  expect(stream.bytes).toBe(200_000 * frame.length)
  expect(stream.arrivals.length).toBeLessThanOrEqual(10_000)
  const long = new PassThrough()
  const second = new WatchedStream({ ...exchange, body: long })
  for (let count = 0; count < 20; count += 1) long.write(`event: long\ndata: ${'x'.repeat(900_000)}\n\n`)
  long.end()
  await until(() => second.ending !== undefined, 'the other stream was read')
  expect(second.arrivals).toHaveLength(1)
})
