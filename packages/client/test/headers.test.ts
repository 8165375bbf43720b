import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import type { ClientOptions } from '../src/index.js'
import { FakeEventSource } from './fake-event-source.js'
import { connect, startServer } from './harness.js'

const failures: [what: string, headers: () => never, message: string][] = [
  [
    'that throw',
    () => {
      throw new Error('no token')
    },
    'no token',
  ],
  ['that reject', () => Promise.reject(new Error('no token')) as never, 'no token'],
  ['that are text', () => 'Bearer ada' as never, 'got "Bearer ada". Give an object or Headers'],
  ['with a name that cannot be sent', () => ({ 'a b': 'c' }) as never, 'a b'],
]

describe('headers', () => {
  it.each(failures)('%s are reported to onError, and requested again', async (_what, fail, message) => {
    const { url } = await startServer()
    let left = 2
    const { client, errors, status } = connect(url, {
      headers: () => {
        left -= 1
        return left >= 0 ? fail() : {}
      },
    })
    client.ticks().on('tick', () => {})
    await until(() => status() === 'open', 'it was open')
    expect(errors).toHaveLength(2)
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'internal', message: expect.stringContaining(message) })
      expect(error.message).toMatch(/^The client's headers could not be read: /)
      expect(error.cause).toBeInstanceOf(Error)
    }
  })

  it.each(failures)(
    '%s for a control request are reported to onError, and requested again',
    async (_what, fail) => {
      const { url } = await startServer()
      let asked = 0
      const { client, errors, status } = connect(url, {
        headers: () => {
          asked += 1
          return asked === 2 ? fail() : {}
        },
      })
      client.ticks().on('tick', () => {})
      await until(() => status() === 'open', 'it was open')
      expect(errors).toMatchObject([{ code: 'internal' }])
    },
  )

  it.each(failures)('%s reject a command before it is sent', async (_what, fail, message) => {
    const { url, requests } = await startServer()
    const { client, errors } = connect(url, { headers: fail })
    const call = client.send({ text: 'hi' })
    await expect(call).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining(message) })
    expect([requests, errors]).toEqual([[], []])
    // The connection that carries runs needs the headers as well.
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject({ code: 'internal' })
    expect(requests).toEqual([])
  })

  it.each<[string, NonNullable<ClientOptions['headers']>]>([
    ['a record', { authorization: undefined, 'x-other': 'b' }],
    ['what a function returns', () => ({ authorization: undefined, 'x-other': 'b' })],
    [
      'a list',
      [
        ['authorization', undefined as never],
        ['x-other', 'b'],
      ],
    ],
  ])('of %s are omitted where they are undefined', async (_what, headers) => {
    const seen: unknown[] = []
    const { url } = await startServer(
      {},
      {
        context: ({ headers }) => {
          seen.push([headers.get('authorization'), headers.get('x-other')])
          return null
        },
      },
    )
    await connect(url, { headers }).client.ping()
    expect(seen).toEqual([[null, 'b']])
  })
})

describe('an EventSource whose constructor throws', () => {
  it('is reported to onError, and constructed again', async () => {
    let left = 2
    class Failing extends FakeEventSource {
      constructor(url: string) {
        super(url)
        left -= 1
        if (left >= 0) throw new Error('blocked')
        setTimeout(() => this.dispatch('$open', '{"id":"a"}'))
      }
    }
    let asked = 0
    const { client, errors } = connect('http://tidings.test/events', {
      EventSource: Failing,
      fetch: async () => {
        asked += 1
        return new Response('{"results":[{"status":"done"}]}')
      },
    })
    client.ticks().on('tick', () => {})
    await until(() => asked > 0, 'a connection was made')
    const message = 'The EventSource threw: blocked'
    expect(errors.map((error) => error.message)).toEqual([message, message])
  })
})
