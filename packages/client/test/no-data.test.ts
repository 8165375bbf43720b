import { channel, command, defineContract, stream } from '@tidings/core'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { createClient } from '../src/index.js'

const contract = defineContract({
  room: channel({ events: { done: undefined, message: z.string() } }),
  leave: command({ errors: { expired: undefined } }),
  complete: stream({ events: { begun: undefined, token: z.string() }, errors: { expired: undefined } }),
})

async function start() {
  const tidings = createServer(contract, {
    leave: ({ fail }) => {
      throw fail('expired', undefined, 'It has expired')
    },
    complete: async function* ({ fail }) {
      yield { type: 'begun' }
      yield { type: 'token', data: 'a' }
      throw fail('expired')
    },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const app = express()
  app.use('/events', expressHandler(tidings))
  const { origin } = await listen(app)
  const client = createClient(contract, { url: `${origin}/events` })
  onTestFinished(() => client.close())
  return { tidings, client, url: `${origin}/events` }
}

describe('an event or error without data', () => {
  it('arrives in order as an event of a channel', async () => {
    const { tidings, client } = await start()
    const got: unknown[] = []
    client.room().subscribe({
      done: (payload) => got.push(['done', payload]),
      message: (payload) => got.push(['message', payload]),
    })
    await until(() => tidings.stats().subscriptions === 1, 'it is subscribed')
    await tidings.emit.room().message('a')
    await tidings.emit.room().done()
    await tidings.emit.room().message('b')
    await until(() => got.length === 3, 'all have come')
    expect(got).toEqual([
      ['message', 'a'],
      ['done', undefined],
      ['message', 'b'],
    ])
  })

  it('is null on the wire, which any EventSource delivers', async () => {
    const { tidings, url } = await start()
    const response = await fetch(`${url}/room`)
    await until(() => tidings.stats().subscriptions === 1, 'it is subscribed')
    await tidings.emit.room().done()
    let text = ''
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    while (!text.includes('done')) text += (await reader?.read())?.value ?? ''
    await reader?.cancel()
    expect(text).toMatch(/^event: done\ndata: null\n\n/m)
  })

  it('is refused at the emitter if it is given data', async () => {
    const { tidings } = await start()
    const done = tidings.emit.room().done as (payload: unknown) => Promise<void>
    expect(() => done({ at: 5 })).toThrow(expect.objectContaining({ code: 'invalid_output' }))
  })

  it('arrives as an event of a stream and as an error', async () => {
    const { client } = await start()
    const got: unknown[] = []
    const run = client.complete()
    const failure = await (async () => {
      for await (const event of run) got.push(event)
    })().catch((error: unknown) => error)
    expect(got).toEqual([
      { type: 'begun', data: undefined },
      { type: 'token', data: 'a' },
    ])
    expect(failure).toMatchObject({ code: 'expired', status: 422, data: undefined })
    await expect(client.leave()).rejects.toMatchObject({
      code: 'expired',
      data: undefined,
      message: 'It has expired',
    })
  })
})
