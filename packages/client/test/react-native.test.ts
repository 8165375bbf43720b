import { until } from '@tidings/test-kit'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createClient as createCommandsClient } from '../src/commands.js'
import { mockClient } from '../src/testing.js'
import { contract } from './contract.js'
import { connect, startServer } from './harness.js'

/** A `fetch` as React Native's: it waits for the end of a response, which has no body then. */
const fetchWhole: typeof fetch = async (url, init) => {
  const response = await fetch(url, init)
  const text = await response.text()
  return Object.defineProperty(new Response(text || null, response), 'body', { value: undefined })
}

/** A signal as that of the package abort-controller 3, which has no reason, and does not throw. */
class BareSignal extends EventTarget {
  aborted = false
}

/** The `AbortController` of that package, which is React Native's. */
class BareAbortController {
  readonly signal = new BareSignal()

  abort(): void {
    if (this.signal.aborted) return
    this.signal.aborted = true
    this.signal.dispatchEvent(new Event('abort'))
  }
}

const { AbortController, fetch: fetchWithSignal } = globalThis
const { body } = Object.getOwnPropertyDescriptors(Response.prototype)

/** Node's `fetch`, which accepts signals of its own `AbortController` only. */
const fetchWithBareSignal: typeof fetch = (url, init) => {
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (init?.signal?.aborted) abort()
  init?.signal?.addEventListener('abort', abort)
  return fetchWithSignal(url, { ...init, signal: controller.signal })
}

/** Makes Node as bare as React Native, whose `window` dispatches no events. */
beforeEach(() => {
  const { canParse } = URL
  vi.stubGlobal('window', {})
  vi.stubGlobal('AbortController', BareAbortController)
  vi.stubGlobal('AbortSignal', BareSignal)
  vi.stubGlobal('fetch', fetchWithBareSignal)
  Object.assign(URL, { canParse: undefined })
  return () => {
    vi.unstubAllGlobals()
    Object.assign(URL, { canParse })
    Object.defineProperty(Response.prototype, 'body', body)
  }
})

function withoutBodies(): void {
  Reflect.deleteProperty(Response.prototype, 'body')
}

const remedy = { code: 'invalid_options', message: expect.stringContaining("that of 'expo/fetch'") }

describe('in React Native', () => {
  it('subscribes and calls with a fetch whose responses have bodies', async () => {
    const { url, tidings } = await startServer()
    const { client, isOpen } = connect(url)
    const got: number[] = []
    client.ticks().on('tick', (n) => got.push(n))
    await isOpen()
    await tidings.emit.ticks().tick(1)
    await until(() => got.length === 1, 'it came')
    const run = client.count({ to: 2 })
    for await (const { data } of run) got.push(data)
    expect([got, await run.output]).toEqual([[1, 1, 2], { total: 2 }])
  })

  it('refuses a topic and a run at once with a fetch that waits for whole responses, and says what to do', async () => {
    const { url, requests } = await startServer()
    const { client, errors, state } = connect(url)
    withoutBodies()
    const { ready } = client.ticks().on('tick', () => {})
    await expect(ready).rejects.toMatchObject(remedy)
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject(remedy)
    expect([state(), errors, requests]).toMatchObject([{ status: 'closed', problem: remedy }, [remedy], []])
  })

  it('refuses a topic and a run when a given fetch has no bodies either', async () => {
    const { url } = await startServer()
    const { client, state } = connect(url, {
      fetch: (to, init) => {
        const isStream = init?.method !== 'POST'
        return isStream ? Promise.resolve(withoutBody('text/event-stream')) : fetchWhole(to, init)
      },
    })
    await expect(client.ticks().on('tick', () => {}).ready).rejects.toMatchObject(remedy)
    expect(state()).toMatchObject({ status: 'closed', problem: remedy })
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject(remedy)
  })

  it('calls commands with a fetch that waits for whole responses', async () => {
    const { url } = await startServer()
    const { client } = connect(url, { fetch: fetchWhole })
    expect(await client.send({ text: 'hi' })).toEqual({ text: 'hi', sentAt: new Date(0) })
    expect(await client.ping()).toBeUndefined()
    expect(() => connect('events')).toThrow('which is not a valid URL here')
  })

  it('ends calls with the reason: a timeout, a signal, and a closed client', async () => {
    const { url } = await startSlowServer()
    const { client, isOpen } = connect(url)
    client.ticks().on('tick', () => {})
    await isOpen()
    await expect(client.ping({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' })
    const { signal, abort } = abortable()
    const aborted = client.ping({ signal })
    abort()
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
    await expect(client.ping({ signal })).rejects.toMatchObject({ code: 'aborted' })
    await expect(client.count({ to: 1 }, { signal }).output).rejects.toMatchObject({ code: 'aborted' })
    const pending = client.ping()
    const running = client.count({ to: 2 }).output
    client.close()
    const isClosed = { code: 'closed', message: expect.stringContaining('The client was closed') }
    await expect(pending).rejects.toMatchObject(isClosed)
    await expect(running).rejects.toMatchObject(isClosed)
    await expect(client.ping()).rejects.toMatchObject(isClosed)
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject(isClosed)
    expect(() => client.ticks().on('tick', () => {})).toThrow(expect.objectContaining(isClosed))
  })

  it('reports a call that was aborted before the client was closed as aborted', async () => {
    const { url } = await startSlowServer()
    const { client } = connect(url)
    const { signal, abort } = abortable()
    const aborted = client.ping({ signal })
    abort()
    client.close()
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
  })

  it('calls commands with the client of commands, which says why a call ended', async () => {
    const { url } = await startSlowServer()
    using client = createCommandsClient(contract, { url })
    expect(await client.send({ text: 'hi' })).toMatchObject({ text: 'hi' })
    await expect(client.ping({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' })
    client.close()
    await expect(client.ping()).rejects.toMatchObject({ code: 'closed' })
  })

  it('calls and subscribes in a test with a mocked client', async () => {
    await using mock = mockClient(contract, { ping: () => {} })
    const got: number[] = []
    await mock.client.ticks().on('tick', (n) => got.push(n)).ready
    await mock.emit.ticks().tick(1)
    await mock.client.ping()
    expect(got).toEqual([1])
  })

  it('refuses a command and a run without crypto, and says what to import', async () => {
    const { url, requests } = await startServer()
    const { client } = connect(url)
    const withoutRandomValues = {
      code: 'invalid_options',
      message: expect.stringContaining('import react-native-get-random-values'),
    }
    for (const crypto of [undefined, {}]) {
      vi.stubGlobal('crypto', crypto)
      await expect(client.send({ text: 'hi' })).rejects.toMatchObject(withoutRandomValues)
      expect(() => client.count({ to: 1 })).toThrow(expect.objectContaining(withoutRandomValues))
    }
    expect(requests).toEqual([])
  })
})

/** A server that does not answer `ping` before the end of the test. */
async function startSlowServer() {
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const server = await startServer({ ping: () => answered })
  onTestFinished(() => answer())
  return server
}

/** Returns the signal of a new controller, and the function that fires it. */
function abortable() {
  const controller = new globalThis.AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

function withoutBody(contentType: string): Response {
  const response = new Response('', { headers: { 'content-type': contentType } })
  return Object.defineProperty(response, 'body', { value: undefined })
}
