import { channel, command, defineContract, stream } from '@tidings/core'
import { createServer } from '@tidings/server'
import { fetchHandler } from '@tidings/server/fetch'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createClient } from '../src/commands.js'
import { contract } from './contract.js'
import { startServer } from './harness.js'

describe('a client of commands', () => {
  it('calls commands, and rejects with their typed errors', async () => {
    const { url, requests } = await startServer({
      send: ({ input, fail }) => {
        if (input.text === 'spam') throw fail('muted', { until: new Date(7) })
        return { text: input.text, sentAt: new Date(0) }
      },
    })
    using client = createClient(contract, { url })
    expect(await client.send({ text: 'hi' })).toEqual({ text: 'hi', sentAt: new Date(0) })
    expect(await client.ping()).toBeUndefined()
    const error: unknown = await client.send({ text: 'spam' }).catch((caught: unknown) => caught)
    if (!client.send.isError(error) || error.code !== 'muted') throw error
    expect(error.data).toEqual({ until: new Date(7) })
    await expect(client.send({ text: 'x'.repeat(21) })).rejects.toMatchObject({ code: 'invalid_input' })
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST'])
  })

  it('has the commands of groups, and neither channels nor streams', async () => {
    const events = { tick: z.number() }
    const grouped = defineContract({
      chat: {
        rename: command({ input: z.string() }),
        rooms: { open: command({}) },
        ticks: channel({ events }),
      },
      count: stream({ events }),
    })
    const got: string[] = []
    const handle = fetchHandler(
      createServer(grouped, {
        chat: { rename: ({ input }) => void got.push(input), rooms: { open: () => void got.push('open') } },
        count: async function* () {},
      }),
    )
    const client = createClient(grouped, {
      url: 'http://localhost/events',
      fetch: (url, init) => handle(new Request(url, init)),
    })
    await client.chat.rename('ada')
    await client.chat.rooms.open()
    expect(got).toEqual(['ada', 'open'])
    expect(Object.keys(client)).toEqual(['chat', 'close'])
    expect(Object.keys(client.chat)).toEqual(['rename', 'rooms'])
  })

  it('ends its calls when it is closed', async () => {
    const client = createClient(contract, { url: 'http://localhost', fetch: () => new Promise(() => {}) })
    const call = client.ping()
    client.close()
    await expect(call).rejects.toMatchObject({ code: 'closed' })
    await expect(client.ping()).rejects.toMatchObject({ code: 'closed' })
  })

  it('refuses invalid options', () => {
    expect(() => createClient(contract, { url: 'http://localhost?a=1' })).toThrow(/without a query/)
  })
})
