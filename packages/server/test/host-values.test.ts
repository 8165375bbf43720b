import { listen } from '@tidings/test-kit'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { fetchHandler } from '../src/fetch.js'
import { createServer, hostValue, implement } from '../src/index.js'
import { nodeHandler } from '../src/node.js'
import { contract } from './contract.js'
import { post } from './harness.js'

interface User {
  readonly name: string
}

/** A server that reads a user whom its host attaches, in `context` and in middleware. */
function start() {
  const user = hostValue<User | undefined>('user')
  const seen: (string | undefined)[] = []
  const errors: string[] = []
  const app = implement(contract, {
    context: ({ request }) => {
      const found = user.of(request)
      expectTypeOf(found).toEqualTypeOf<User | undefined>()
      return { user: found }
    },
    principal: (context) => context.user?.name,
  }).use(({ request, next }) => {
    seen.push(user.of(request)?.name)
    return next()
  })
  const tidings = createServer(
    app,
    { onError: (error) => errors.push(String(error)) },
    app.handlers(contract, {
      room: { snapshot: () => ({ messages: [] }) },
      send: ({ context }) => ({ text: context.user?.name ?? 'nobody', sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    }),
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, user, seen, errors }
}

const sending = (url: string) =>
  new Request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"a"}' })

describe('a value that the host attaches to a request', () => {
  it("reaches context and middleware through Node's request", async () => {
    const { tidings, user, seen } = start()
    const handler = nodeHandler(tidings)
    const { origin } = await listen((request, response) =>
      handler(user.attach(request, { name: 'ada' }), response),
    )
    expect((await post(`${origin}/events/send`, { text: 'a' })).body).toMatchObject({ text: 'ada' })
    expect(seen).toEqual(['ada'])
  })

  it('reaches context and middleware through a fetch request', async () => {
    const { tidings, user, seen } = start()
    const request = user.attach(sending('http://host/events/send'), { name: 'ada' })
    expect(await (await fetchHandler(tidings)(request)).json()).toMatchObject({ text: 'ada' })
    expect(seen).toEqual(['ada'])
  })

  it('may be undefined', async () => {
    const { tidings, user } = start()
    const request = user.attach(sending('http://host/events/send'), undefined)
    expect(await (await fetchHandler(tidings)(request)).json()).toMatchObject({ text: 'nobody' })
  })

  it('has the type of the value', () => {
    const user = hostValue<User>('user')
    // @ts-expect-error it has no name
    user.attach({}, { id: 1 })
  })

  it('fails the request that lacks it', async () => {
    const { tidings, user, errors } = start()
    expect((await fetchHandler(tidings)(sending('http://host/events/send'))).status).toBe(500)
    expect(errors).toEqual([expect.stringContaining('hostValue: this request has no "user". Attach it')])
    expect(() => user.of(undefined)).toThrow('another node forwarded it')
  })
})
