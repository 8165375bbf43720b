import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, startServer } from './harness.js'

afterEach(() => vi.unstubAllGlobals())

const noPage = expect.objectContaining({
  code: 'invalid_options',
  message:
    'createClient: url is /events, which is not a valid URL here. Give an absolute one: http://localhost:3000/events',
})

describe('a client whose url is a path', () => {
  it('is created where there is no page, and refuses to make a request', async () => {
    const { client } = connect('/events')
    const lobby = client.room({ roomId: 'lobby' })
    expect(client.connection.state).toEqual({ status: 'idle' })
    expect(() => lobby.subscribe({})).toThrow(noPage)
    await expect(client.count({ to: 1 }).output).rejects.toThrow(noPage)
    await expect(client.ping()).rejects.toThrow(noPage)
    await expect(lobby.events().next()).rejects.toThrow(noPage)
    expect(client.connection.state).toEqual({ status: 'idle' })
    client.close()
  })

  it('is resolved on the page once it makes a request', async () => {
    const { origin, url } = await startServer()
    const { client } = connect('/events')
    vi.stubGlobal('location', { href: `${origin}/somewhere/else` })
    expect(await client.send({ text: 'hi' })).toEqual({ text: 'hi', sentAt: new Date(0) })
    vi.stubGlobal('location', { href: 'http://127.0.0.1:1/' })
    await client.ticks().on('tick', () => {}).ready
    expect(url).toBe(`${origin}/events`)
  })

  it('may share where there are locks and no page, as in Node 24', async () => {
    vi.stubGlobal('navigator', { locks: { request: () => {} } })
    const { client } = connect('/events', { share: true })
    // An unhandled rejection would fail the test.
    await vi.dynamicImportSettled()
    await new Promise((resolve) => setTimeout(resolve))
    expect(() => client.ticks().on('tick', () => {})).toThrow(noPage)
  })
})
