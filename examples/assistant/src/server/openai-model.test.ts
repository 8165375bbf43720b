import { json } from 'node:stream/consumers'
import { listen } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { type Reply, startEndpoint } from '../../test/endpoint.js'
import type { Part, Turn } from './model'
import { openAiModel } from './openai-model'

const question: Turn[] = [{ role: 'user', text: 'Why?' }]

function ask(baseUrl: string, turns = question, signal = new AbortController().signal) {
  const model = openAiModel({ baseUrl, model: 'small', apiKey: 'secret' })
  return collect(model.reply(turns, signal))
}

/** Asks, and has a test write the reply. */
async function askAndReply(write: (reply: Reply) => void): Promise<Part[]> {
  const endpoint = await startEndpoint()
  const asked = ask(endpoint.url)
  write(await endpoint.next())
  return asked
}

describe('a model behind an endpoint', () => {
  it('is asked with the key, the turns and the tools', async () => {
    const endpoint = await startEndpoint()
    const asked = ask(`${endpoint.url}/`, [
      ...question,
      {
        role: 'assistant',
        text: 'I search.',
        calls: [{ id: 'c1', name: 'search', arguments: '{"query":"x"}' }],
      },
      { role: 'tool', callId: 'c1', result: '[]' },
    ])
    const reply = await endpoint.next()
    reply.end()
    await asked
    expect(reply.headers.authorization).toBe('Bearer secret')
    expect(reply.request).toMatchObject({
      model: 'small',
      stream: true,
      messages: [
        { role: 'system' },
        { role: 'user', content: 'Why?' },
        {
          role: 'assistant',
          content: 'I search.',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'search', arguments: '{"query":"x"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: '[]' },
      ],
      tools: [{ type: 'function', function: { name: 'search', parameters: { required: ['query'] } } }],
    })
  })

  it('replies with text, and with calls that arrive in pieces', async () => {
    const parts = await askAndReply((reply) => {
      reply.text('I ')
      reply.text('search.')
      reply.search('runs')
      reply.end()
    })
    expect(parts).toEqual([
      { type: 'token', text: 'I ' },
      { type: 'token', text: 'search.' },
      { type: 'call', call: { id: 'c1', name: 'search', arguments: '{"query":"runs"}' } },
    ])
  })

  it('keeps calls apart that have an id and no index', async () => {
    const call = (id: string) => ({ id, function: { name: 'search', arguments: '{}' } })
    const parts = await askAndReply((reply) => {
      reply.raw(
        `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [call('a'), call('b')] } }] })}\n\n`,
      )
      reply.end()
    })
    expect(parts).toMatchObject([
      { call: { id: 'a', arguments: '{}' } },
      { call: { id: 'b', arguments: '{}' } },
    ])
  })

  it('replies with the same text wherever the network splits it', async () => {
    const bytes = new TextEncoder().encode(
      'data: {"choices":[{"delta":{"content":"für 👩‍👩‍👧"}}]}\r\n\r\n: wait\n\ndata: [DONE]\n\n',
    )
    for (let at = 1; at < bytes.length; at += 5) {
      const parts = await askAndReply((reply) => {
        reply.raw(bytes.subarray(0, at))
        setImmediate(() => reply.response.end(bytes.subarray(at)))
      })
      expect(parts).toEqual([{ type: 'token', text: 'für 👩‍👩‍👧' }])
    }
  })

  it.each([
    ['ends in the middle', (reply: Reply) => reply.response.end()],
    ['is cut in the middle', (reply: Reply) => setImmediate(() => reply.response.destroy())],
    ['contains an error', (reply: Reply) => reply.raw('data: {"error":{"message":"overloaded"}}\n\n')],
    ['contains what is not JSON', (reply: Reply) => reply.raw('data: sorry\n\n')],
  ])('fails with broken_off if the reply %s', async (_name, finish) => {
    const asked = askAndReply((reply) => {
      reply.text('I ')
      finish(reply)
    })
    await expect(asked).rejects.toMatchObject({ name: 'ModelError', failure: 'broken_off' })
  })

  it.each([
    [429, 'application/json', 'busy'],
    [503, 'application/json', 'busy'],
    [401, 'application/json', 'refused'],
    [200, 'text/html', 'refused'],
  ])('fails if the endpoint answers %i with %s: %s', async (status, type, failure) => {
    const { origin } = await listen((_request, response) => {
      response.writeHead(status, { 'content-type': type }).end('the reason')
    })
    const error = await ask(origin).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      name: 'ModelError',
      failure,
      message: expect.stringContaining('the reason'),
    })
    expect(String(error)).not.toContain('secret')
  })

  it('answers without tools once the endpoint has rejected a request with them', async () => {
    const bodies: Record<string, unknown>[] = []
    const { origin } = await listen(async (request, response) => {
      const body = (await json(request)) as Record<string, unknown>
      bodies.push(body)
      if ('tools' in body) response.writeHead(400).end('small does not support tools')
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: [DONE]\n\n')
    })
    const model = openAiModel({ baseUrl: origin, model: 'small', apiKey: undefined })
    const { signal } = new AbortController()
    expect(await collect(model.reply(question, signal))).toEqual([])
    expect(await collect(model.reply(question, signal))).toEqual([])
    expect(bodies.map((body) => 'tools' in body)).toEqual([true, false, false])
  })

  it('asks once more without tools, and with them the next time if that was not why', async () => {
    const withTools: boolean[] = []
    const { origin } = await listen(async (request, response) => {
      withTools.push('tools' in ((await json(request)) as object))
      response.writeHead(400).end('too long')
    })
    const model = openAiModel({ baseUrl: origin, model: 'small', apiKey: undefined })
    for (let n = 0; n < 2; n += 1) {
      const asked = collect(model.reply(question, new AbortController().signal))
      await expect(asked).rejects.toMatchObject({
        failure: 'refused',
        message: expect.stringContaining('too long'),
      })
    }
    expect(withTools).toEqual([true, false, true, false])
  })

  it('fails with unreachable if no endpoint listens', async () => {
    const { origin, stop } = await listen(() => {})
    await stop()
    await expect(ask(origin)).rejects.toMatchObject({ name: 'ModelError', failure: 'unreachable' })
  })

  it('ends the request when it is aborted, before the first token or after it', async () => {
    const endpoint = await startEndpoint()
    for (const count of [0, 1]) {
      const stop = new AbortController()
      const model = openAiModel({ baseUrl: endpoint.url, model: 'small', apiKey: undefined })
      const parts = model.reply(question, stop.signal)[Symbol.asyncIterator]()
      let next = parts.next()
      const reply = await endpoint.next()
      reply.text('I ')
      if (count === 1) {
        expect((await next).value).toEqual({ type: 'token', text: 'I ' })
        next = parts.next()
      }
      stop.abort()
      await expect(next).rejects.toMatchObject({ name: 'AbortError' })
      await reply.closed
    }
  })
})
