import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { createClient } from '../src/index.js'

const day = new Date(8.64e7)

/** One schema, for what is given and for what is answered. */
const Page = z.object({
  limit: z.number().default(20),
  since: isoDate.default(day),
  q: z.string().trim().prefault(''),
})

const contract = defineContract({
  room: channel({
    params: { page: z.number().default(1), since: isoDate.default(day), tag: z.string().optional() },
    snapshot: Page,
    events: { page: Page },
  }),
  list: command({ input: Page, output: Page }),
  find: command({
    input: z.object({ q: z.string(), page: z.coerce.number<string | number>() }),
    output: z.json(),
  }),
  pages: stream({ input: Page, events: { page: Page }, output: Page }),
})

async function start() {
  const inputs: unknown[] = []
  const params: unknown[] = []
  const tidings = createServer(contract, {
    room: {
      authorize: (request) => params.push(request.params) > 0,
      snapshot: () => ({ limit: 1, since: day, q: 'snapshot' }),
    },
    list: ({ input }) => {
      inputs.push(input)
      return input
    },
    find: ({ input }) => ({ ...input }),
    pages: async function* ({ input }) {
      inputs.push(input)
      yield { type: 'page', data: input }
      return input
    },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const app = express()
  app.use('/events', expressHandler(tidings))
  const { origin } = await listen(app)
  const client = createClient(contract, { url: `${origin}/events` })
  onTestFinished(() => client.close())
  return { tidings, client, inputs, params, url: `${origin}/events` }
}

const whole = { limit: 20, since: day, q: '' }

describe('a default of an input', () => {
  it('replaces an omitted field, or the whole omitted input', async () => {
    const { client, inputs } = await start()
    await client.list()
    await client.list({})
    await client.list(undefined, { timeoutMs: 5_000 })
    await client.list({ limit: 5, q: ' a ' })
    await client.pages().output
    expect(inputs).toEqual([whole, whole, whole, { limit: 5, since: day, q: 'a' }, whole])
  })

  it('replaces a field that plain HTTP omits', async () => {
    const { url, inputs } = await start()
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(`${url}/list`, { method: 'POST', headers, body: '{"limit":5}' })
    expect(await response.json()).toEqual({ limit: 5, since: day.toISOString(), q: '' })
    expect(inputs).toEqual([{ limit: 5, since: day, q: '' }])
  })

  it('does not make other fields optional', async () => {
    const { client } = await start()
    expect(await client.find({ q: 'a', page: '2' })).toEqual({ q: 'a', page: 2 })
    const find = client.find as unknown as () => Promise<unknown>
    await expect(find()).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: ['q'] }, { path: ['page'] }],
    })
  })
})

describe('a default of a param', () => {
  it('yields the same topic as the explicit value, on both sides', async () => {
    const { tidings, client, params } = await start()
    const got: unknown[] = []
    client.room().on('page', (page) => got.push(['left out', page.q]))
    client.room({ page: 1 }).on('page', (page) => got.push(['given', page.q]))
    client
      .room({ page: 1, since: new Date(day), tag: undefined })
      .on('page', (page) => got.push(['all', page.q]))
    client.room({ page: 2 }).on('page', (page) => got.push(['another', page.q]))
    await until(() => tidings.stats().subscriptions === 2, 'both topics are subscribed to')
    await tidings.emit.room().page({ ...whole, q: 'a' })
    await tidings.emit.room({ since: day, page: 1 }).page({ ...whole, q: 'b' })
    await until(() => got.length === 6, 'all have come')
    expect(got).toEqual(['a', 'b'].flatMap((q) => ['left out', 'given', 'all'].map((who) => [who, q])))
    expect(params).toEqual(
      expect.arrayContaining([
        { page: 1, since: day },
        { page: 2, since: day },
      ]),
    )
    expect(params).toHaveLength(2)
  })
})

describe('a default of what a server sends', () => {
  it("is not applied when the server's handler omits the field", async () => {
    const { tidings, client } = await start()
    const { page } = tidings.emit.room()
    const untyped = page as (payload: object) => Promise<void>
    expect(() => untyped({ since: day, q: '' })).toThrow(
      expect.objectContaining({
        code: 'invalid_output',
        issues: [expect.objectContaining({ path: ['limit'] })],
      }),
    )
    expect(await client.list({ limit: 3 })).toEqual({ ...whole, limit: 3 })
  })

  it('is applied by the client when an older server omits the field', async () => {
    const client = createClient(contract, {
      url: 'http://127.0.0.1/events',
      fetch: async () => Response.json({ q: 'from an older server' }),
    })
    expect(await client.list()).toEqual({ ...whole, q: 'from an older server' })
  })
})
