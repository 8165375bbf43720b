import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { contract } from './contract.js'
import { mount } from './harness.js'

/** A connection that is kept alive, and what came on it. */
function keepAlive(port: number, path: string, head = '', method = 'GET') {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  const got = { text: '', isEnded: false }
  socket.setEncoding('utf8').on('data', (piece: string) => {
    got.text += piece
  })
  socket
    .on('error', () => {})
    .on('end', () => {
      got.isEnded = true
    })
  const request = (to: string) => socket.write(`${method} ${to} HTTP/1.1\r\nHost: a\r\n${head}\r\n`)
  request(path)
  return { got, request }
}

it('a process that closes as in the README ends despite keep-alive connections', async () => {
  const child = fork(fileURLToPath(new URL('shutdown-server.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx', '--conditions=@tidings/source'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const [port] = (await once(child, 'message')) as [number]
  const [stream, idle] = [keepAlive(port, '/events/ticks'), keepAlive(port, '/events/$health')]
  await until(() => stream.got.text.includes('$open'), 'the stream was open')
  await until(() => idle.got.text.includes('"ready":true'), 'the other was answered')
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(stream.got.text).toContain('"code":"unavailable"')
})

it('the deployment guide and the example close as in the README', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const blockOf = (text: string) => /```ts\n(process\.once\('SIGTERM'[\s\S]*?)```/.exec(text)?.[1]
  const said = blockOf(read('../README.md'))
  expect(said).toContain('tidings.close()')
  expect(blockOf(read('../../../docs/deployment.md'))).toBe(said)
  const calls = (text: string) => text.match(/(?:server|tidings)\.close\w*\(\)/g)
  expect(calls(read('../../../examples/chat/src/server/main.ts'))).toEqual(calls(String(said)))
})

it.each([
  ['', undefined],
  [
    'wrapped by middleware',
    (_: unknown, response: { write: unknown }, next: () => void) => {
      const { write } = response as unknown as { write: (...args: unknown[]) => boolean }
      response.write = (...args: unknown[]) => write.apply(response, args)
      next()
    },
  ],
])('keeps no connection alive while it closes %s', async (_how, middleware) => {
  let finish: (() => void) | undefined
  const tidings = createServer(contract, {
    room: { snapshot: () => ({ messages: [] }) },
    send: () => ({ text: '', sentAt: new Date(0) }),
    admin: {
      ping: () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
      count: async () => ({ total: 0 }),
    },
  })
  const url = new URL(await mount(expressHandler(tidings), ...(middleware ? [middleware as never] : [])))
  const port = Number(url.port)
  const command = keepAlive(
    port,
    '/events/admin/ping',
    'Content-Type: application/json\r\nContent-Length: 0\r\n',
    'POST',
  )
  const [stream, other] = [keepAlive(port, '/events/ticks'), keepAlive(port, '/events/$health')]
  await until(
    () => stream.got.text.includes('$open') && finish !== undefined,
    'the stream and the command had begun',
  )
  await until(() => other.got.text.includes('"ready":true'), 'the other was answered')
  expect(other.got.text).not.toMatch(/connection: close/i)
  const closing = tidings.close({ drainMs: 20_000 })
  await until(() => stream.got.isEnded, 'the connection of the stream was ended')
  expect(stream.got.text).toMatch(/"code":"unavailable"[\s\S]*\r\n0\r\n\r\n$/)
  other.request('/events/ticks')
  await until(() => other.got.isEnded, 'the connection of a refused request was ended')
  expect(other.got.text).toMatch(/HTTP\/1.1 503[\s\S]*connection: close/i)
  finish?.()
  await until(() => command.got.isEnded, 'the connection of the command was ended')
  expect(command.got.text).toMatch(/^HTTP\/1.1 204[\s\S]*connection: close/i)
  await closing
})
