import { until } from '@tidings/test-kit'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { connect, startServer } from './harness.js'

/** A `fetch` as React Native's: it waits for the end of a response, which has no body then. */
const fetchWhole: typeof fetch = async (url, init) => {
  const response = await fetch(url, init)
  const text = await response.text()
  return Object.defineProperty(new Response(text || null, response), 'body', { value: undefined })
}

const { body } = Object.getOwnPropertyDescriptors(Response.prototype)

/** Makes Node as bare as React Native, whose `window` dispatches no events. */
beforeEach(() => {
  const { canParse } = URL
  vi.stubGlobal('window', {})
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
})

function withoutBody(contentType: string): Response {
  const response = new Response('', { headers: { 'content-type': contentType } })
  return Object.defineProperty(response, 'body', { value: undefined })
}
