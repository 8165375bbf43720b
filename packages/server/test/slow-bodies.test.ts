import { request as httpRequest } from 'node:http'
import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, post } from './harness.js'

/** A server where eve is admitted until she is banned, and which counts what it is asked for. */
async function start(expiresAt?: () => number) {
  const banned = new Set<string>()
  const counts = { contexts: 0, runs: 0 }
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => {
        const user = headers.get('x-user') ?? ''
        counts.contexts += 1
        if (banned.has(user)) throw new TidingsError({ code: 'unauthorized', message: 'You are banned' })
        return { user, expiresAt: expiresAt?.() }
      },
      principal: ({ user }) => user,
    },
    {
      room: { snapshot: () => ({ messages: [] }), authorize: () => true },
      send: ({ input }) => {
        counts.runs += 1
        return { text: input.text, sentAt: new Date(0) }
      },
      admin: {
        ping: () => {},
        count: async () => {
          counts.runs += 1
          return { total: 0 }
        },
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  return { tidings, url, counts, ban: () => void banned.add('eve') }
}

/** Posts the first half of a body, and the rest when it is told to. */
function slowly(url: string, body: string, headers: Record<string, string> = {}) {
  const request = httpRequest(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-user': 'eve',
      ...headers,
    },
  })
  const answered = new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    request.on('error', reject)
    request.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode, text })
    })
  })
  answered.catch(() => {})
  onTestFinished(() => void request.destroy())
  const half = Math.floor(body.length / 2)
  request.write(body.slice(0, half))
  return {
    answered,
    finish: () => void request.end(body.slice(half)),
    leave: () => void request.destroy(),
  }
}

const posts = [
  ['command', '/send', '{"text":"a"}', {}],
  ['command with an idempotency key', '/send', '{"text":"a"}', { 'idempotency-key': 'k' }],
  ['stream', '/admin/count', '{"to":1}', {}],
] as const

describe.each(posts)('a %s whose body arrives slowly', (_kind, path, body, headers) => {
  it.each(['disconnect', 'reauthorize'] as const)('is refused if %s revokes it meanwhile', async (kind) => {
    const { tidings, url, counts, ban } = await start()
    const sending = slowly(url + path, body, headers)
    await until(() => counts.contexts === 1, 'its context was made')
    expect(tidings[kind](({ principal }) => principal === 'ada')).toBe(0)
    ban()
    expect(await tidings[kind]({ principal: 'eve' })).toMatchObject({ connections: 1 })
    sending.finish()
    expect((await sending.answered).status).toBe(401)
    expect(counts).toEqual({ contexts: 2, runs: 0 })
  })

  it('runs if its caller is admitted again', async () => {
    const { tidings, url, counts } = await start()
    const sending = slowly(url + path, body, headers)
    await until(() => counts.contexts === 1, 'its context was made')
    expect(tidings.disconnect(() => true)).toBe(1)
    sending.finish()
    expect((await sending.answered).status).toBe(200)
    expect(counts).toEqual({ contexts: 2, runs: 1 })
    expect(tidings.disconnect(() => true)).toBe(0)
  })

  it('is refused if its credentials expire meanwhile', async () => {
    const expiresAt = Date.now() + 500
    const { url, counts } = await start(() => expiresAt)
    const sending = slowly(url + path, body, headers)
    await until(() => counts.contexts === 1, 'its context was made')
    await until(() => Date.now() > expiresAt, 'its credentials had expired')
    sending.finish()
    const { status, text } = await sending.answered
    expect([status, JSON.parse(text).code]).toEqual([401, 'unauthorized'])
    expect(counts.runs).toBe(0)
  })

  it('is forgotten if its caller leaves', async () => {
    const { tidings, url, counts } = await start()
    const sending = slowly(url + path, body, headers)
    await until(() => counts.contexts === 1, 'its context was made')
    expect(tidings.disconnect(() => true)).toBe(1)
    sending.leave()
    await until(() => tidings.disconnect(() => true) === 0, 'it was forgotten')
    expect(counts.runs).toBe(0)
  })

  it('is not read from a caller that is refused', async () => {
    const { url, ban } = await start()
    ban()
    expect((await slowly(url + path, body, headers).answered).status).toBe(401)
  })

  it('is forgotten if its body is refused', async () => {
    const { tidings, url, counts } = await start()
    expect((await post(url + path, '{', { 'x-user': 'eve', ...headers })).status).toBe(400)
    expect(tidings.disconnect(() => true)).toBe(0)
    expect(counts.runs).toBe(0)
  })
})

it('refuses a control request whose credentials expire while its body arrives', async () => {
  let expiresAt = Date.now() + 600_000
  const { url, counts } = await start(() => expiresAt)
  const stream = await open(url, { headers: { 'x-user': 'eve' } })
  const [first] = await stream.count(1)
  const { id } = JSON.parse(first?.data ?? '') as { id: string }
  expiresAt = Date.now() + 500
  const body = JSON.stringify({ operations: [{ subscribe: 'room?roomId=a' }] })
  const sending = slowly(`${url}/$connections/${id}`, body)
  await until(() => counts.contexts === 2, 'its context was made')
  await until(() => Date.now() > expiresAt, 'its credentials had expired')
  sending.finish()
  expect((await sending.answered).status).toBe(401)
  expect(stream.isOver()).toBe(false)
})
