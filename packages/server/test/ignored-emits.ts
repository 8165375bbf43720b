// Emits whose promises nothing awaits, in a process of their own, which Node ends at the first unhandled error: see
// ignored-emits.test.ts.
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { channel, defineContract, stream } from '@tidings/core'
import * as z from 'zod'
import { createEmitter, createServer, memoryBus } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { redisBus } from '../src/redis.js'

const contract = defineContract({
  feed: channel({ events: { item: z.string() } }),
  complete: stream({ events: { token: z.string() }, output: z.null() }),
})

const text = 'x'.repeat(64 * 1024)

/** Requests something and gives the socket, from which nothing is read until the caller does. */
async function ask(server: ReturnType<typeof createHttp>, method: string, path: string) {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const type = 'Content-Type: application/json\r\nContent-Length: 2\r\n'
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${type}\r\n{}`)
  return socket
}

/** Calls a function from a timer until it has been called so many times after something has happened. */
async function callFromTimer(emit: () => void, hasHappened: () => boolean): Promise<void> {
  let after = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (hasHappened()) after += 1
      emit()
      if (after < 5) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
}

/** A promise that is resolved from outside. */
function newGate() {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((resolver) => {
    resolve = resolver
  })
  return { promise, resolve }
}

const scenarios: Record<string, () => Promise<void>> = {
  async 'the client of a stream has left'() {
    const run = newGate()
    const tidings = createServer(contract, {
      complete: async ({ emit, signal }) => {
        socket.destroy()
        await callFromTimer(
          () => void emit.token('late'),
          () => signal.aborted,
        )
        run.resolve()
        return null
      },
    })
    const socket = await ask(createHttp(nodeHandler(tidings)), 'POST', '/events/complete')
    await run.promise
  },
  async 'the client of a stream does not read'() {
    const run = newGate()
    const tidings = createServer(contract, {
      complete: async ({ emit, signal }) => {
        await callFromTimer(
          () => void emit.token(text),
          () => signal.aborted,
        )
        run.resolve()
        return null
      },
    })
    await ask(createHttp(nodeHandler(tidings)), 'POST', '/events/complete')
    await run.promise
  },
  async 'a stream is over'() {
    const run = newGate()
    const tidings = createServer(contract, {
      complete: async ({ emit }) => {
        setTimeout(() => {
          void emit.token('late')
          run.resolve()
        }, 50)
        return null
      },
    })
    const socket = await ask(createHttp(nodeHandler(tidings)), 'POST', '/events/complete')
    socket.resume()
    await run.promise
  },
  async 'a source was stopped'() {
    const run = newGate()
    const options = { lingerMs: 0 }
    const tidings = createServer(contract, options, {
      complete: async () => null,
      feed: {
        source: async ({ emit, signal }) => {
          socket.destroy()
          await callFromTimer(
            () => void emit.item('late'),
            () => signal.aborted,
          )
          run.resolve()
        },
      },
    })
    const socket = await ask(createHttp(nodeHandler(tidings)), 'GET', '/events/feed')
    await run.promise
  },
  async 'the server was closed'() {
    for (const bus of [undefined, memoryBus()]) {
      const tidings = createServer(contract, bus ? { bus } : {}, { complete: async () => null })
      const topic = tidings.emit.feed()
      await tidings.close({ drainMs: 0 })
      void tidings.emit.feed().item('late')
      void topic.item('late')
    }
  },
  async 'an emitter was closed'() {
    const { emit, close } = createEmitter(contract, { bus: memoryBus() })
    await close()
    void emit.feed().item('late')
  },
  async 'the bus cannot be reached'() {
    const bus = () => redisBus({ url: 'redis://127.0.0.1:1', timeoutMs: 50 })
    const tidings = createServer(contract, { bus: bus() }, { complete: async () => null })
    const emitter = createEmitter(contract, { bus: bus() })
    const topics = [tidings.emit.feed(), emitter.emit.feed()]
    for (const topic of topics) void topic.item('nowhere')
    await Promise.allSettled(topics.map((topic) => topic.item('nowhere')))
  },
}

const scenario = scenarios[String(process.argv[2])]
if (!scenario) throw new Error(`There is no scenario "${process.argv[2]}"`)
await scenario()
// What rejects unhandled is found at the end of the turn in which it does.
await pause(20)
process.exit(0)
