import { request as httpRequest } from 'node:http'
import { TidingsError } from '@tidings/core'
import type { ControlOperation } from '@tidings/core/wire'
import { pause, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer, type ServerOptions } from '../src/index.js'
import { contract } from './contract.js'
import { mount, openShared, post } from './harness.js'

interface Caller {
  readonly user: string
  readonly isStaff: boolean
}

interface Behaviour {
  authorize?(request: { params: { roomId: string }; context: Caller }): boolean | Promise<boolean>
  snapshot?(): Promise<{ messages: string[] }>
}

async function start(behaviour: Behaviour = {}, options: ServerOptions<Caller> = {}) {
  const banned = new Set<string>()
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => {
        const user = headers.get('x-user') ?? ''
        return { user, isStaff: !banned.has(user) }
      },
      principal: ({ user }) => user,
      ...options,
    },
    {
      room: {
        authorize: behaviour.authorize ?? (() => true),
        snapshot: behaviour.snapshot ?? (async () => ({ messages: ['old'] })),
      },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  return { tidings, url, banned }
}

async function connect(url: string) {
  const { stream, path, control } = await openShared(url, { 'x-user': 'ada' })
  return {
    stream,
    path,
    control: async (operations: ControlOperation[], sequence?: number) =>
      (await control(operations, undefined, sequence)).results,
    names: () => stream.events.map(({ event }) => event),
  }
}

/** Something that waits until it is let go. */
function gate() {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), passed }
}

it.each([
  { older: 'unsubscribe' as const, newer: 'subscribe' as const, ticks: ['tick'] },
  { older: 'subscribe' as const, newer: 'unsubscribe' as const, ticks: [] },
])('an older request to $older does not undo a newer one during a challenge', async (each) => {
  const slow = gate()
  let isSlow = false
  const { tidings, url } = await start({
    authorize: async () => {
      if (isSlow) await slow.passed
      return true
    },
  })
  const { control, names } = await connect(url)
  await control([{ subscribe: 'room?roomId=slow' }, { [each.newer]: 'ticks' } as never], 1)
  isSlow = true
  tidings.reauthorize(() => true)
  const older = control([{ [each.older]: 'ticks' } as never], 2)
  await pause(30)
  await control([{ [each.newer]: 'ticks' } as never], 3)
  slow.open()
  await older
  await tidings.emit.ticks().tick(7)
  await pause(50)
  expect(names().filter((name) => name === 'tick')).toEqual(each.ticks)
})

it('a topic ends when its renewed subscription is refused', async () => {
  let isAllowed = true
  const { tidings, url } = await start({ authorize: () => isAllowed })
  const { control, names } = await connect(url)
  await control([{ subscribe: 'room?roomId=a' }])
  isAllowed = false
  const [result] = await control([{ subscribe: 'room?roomId=a' }])
  expect(result).toMatchObject({ status: 'refused', problem: { code: 'forbidden' } })
  await tidings.emit.room({ roomId: 'a' }).typing('secret')
  await pause(50)
  expect(names()).not.toContain('typing')
})

it('an overtaken request does not undo the newer one', async () => {
  const waiting = gate()
  let calls = 0
  const { tidings, url } = await start({
    authorize: async () => {
      calls += 1
      if (calls === 1) await waiting.passed
      return true
    },
  })
  const { control, names } = await connect(url)
  const slow = control([{ subscribe: 'room?roomId=a' }], 1)
  await until(() => calls === 1, 'it was asked for')
  expect(await control([{ subscribe: 'room?roomId=a' }], 2)).toMatchObject([{ status: 'accepted' }])
  waiting.open()
  expect(await slow).toMatchObject([{ status: 'refused', problem: { code: 'conflict' } }])
  await tidings.emit.room({ roomId: 'a' }).typing('ada')
  await until(() => names().includes('typing'), 'it came')
})

it('a request that began before the challenge does not meet it', async () => {
  const { tidings, url, banned } = await start({ authorize: ({ context }) => context.isStaff })
  const { path, control, names } = await connect(url)
  await control([{ subscribe: 'room?roomId=a' }])
  const body = JSON.stringify({ operations: [] })
  const headers = { 'x-user': 'ada', 'content-type': 'application/json', 'content-length': body.length }
  const request = httpRequest(path, { method: 'POST', headers })
  const answered = new Promise((resolve) => request.on('response', (response) => resolve(response.resume())))
  request.write(body.slice(0, 3))
  await pause(30)
  banned.add('ada')
  tidings.reauthorize(() => true)
  await until(() => names().includes('$reauthorize'), 'it was demanded')
  request.end(body.slice(3))
  await answered
  // What it may not have any more ends with the proof that it owes still.
  await control([])
  await until(() => names().includes('$error'), 'the topic was ended')
  await tidings.emit.room({ roomId: 'a' }).typing('secret')
  await pause(50)
  expect(names()).not.toContain('typing')
})

it('a subscription is authorised again when the credentials change meanwhile', async () => {
  const waiting = gate()
  let calls = 0
  const { tidings, url, banned } = await start({
    authorize: async ({ context }) => {
      calls += 1
      if (calls === 1) await waiting.passed
      return context.isStaff
    },
  })
  const { control } = await connect(url)
  const early = control([{ subscribe: 'room?roomId=a' }], 1)
  await until(() => calls === 1, 'the subscription was being authorised')
  banned.add('ada')
  tidings.reauthorize(() => true)
  await control([], 2)
  waiting.open()
  expect(await early).toMatchObject([{ status: 'refused', problem: { code: 'forbidden' } }])
})

it('an authorize that hangs delays only its own topic', async () => {
  let isHung = false
  const { tidings, url } = await start({
    authorize: ({ params }) => (isHung && params.roomId === 'hung' ? new Promise(() => {}) : true),
  })
  const { control } = await connect(url)
  await control([{ subscribe: 'room?roomId=hung' }])
  isHung = true
  tidings.reauthorize(() => true)
  expect(await control([{ subscribe: 'ticks' }])).toMatchObject([{ status: 'accepted' }])
})

it('a topic that is requested again counts once', async () => {
  const waiting = gate()
  let isGated = false
  let calls = 0
  const { url } = await start(
    {
      authorize: async () => {
        calls += 1
        if (isGated) await waiting.passed
        return true
      },
    },
    { limits: { subscriptionsPerConnection: 3 } },
  )
  const { control } = await connect(url)
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((roomId) => ({ subscribe: `room?roomId=${roomId}` }))
  if (!a || !b || !c || !d) throw new Error('four')
  await control([a, b])
  isGated = true
  const again = control([a, b, c])
  await until(() => calls === 5, 'they were asked for again')
  const repeated = control([c])
  await until(() => calls === 6, 'the last was asked for once more')
  waiting.open()
  expect(await repeated).toMatchObject([{ status: 'accepted' }])
  // The last was overtaken by what was asked after it.
  expect(await again).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }, { status: 'refused' }])
  expect(await control([d])).toMatchObject([{ status: 'refused', problem: { code: 'too_many_requests' } }])
})

it('a requested snapshot arrives although its topic is subscribed to again', async () => {
  let ms = 0
  const wait = async <Value>(value: Value) => {
    await pause(ms)
    return value
  }
  const { url } = await start({ authorize: () => wait(true), snapshot: () => wait({ messages: [] }) })
  const { stream, control, names } = await connect(url)
  const snapshots = () => names().filter((name) => name === '$snapshot').length
  await control([{ subscribe: 'room?roomId=a' }], 1)
  await until(() => snapshots() === 1, 'the first came')
  const cursor = stream.events.at(-1)?.id ?? ''
  ms = 50
  const anew = control([{ subscribe: 'room?roomId=a', cursor }], 2)
  await pause(10)
  expect(await control([{ snapshot: 'room?roomId=a' }], 3)).toEqual([{ status: 'done' }])
  await anew
  await until(() => snapshots() === 2, 'the second came')
})

it('a connection that a hook closes as it opens is released', async () => {
  const ended: string[] = []
  const { tidings, url } = await start(
    {},
    {
      hooks: {
        connected: () => void tidings.disconnect(() => true),
        disconnected: ({ reason }) => void ended.push(reason),
      },
    },
  )
  const answer = await fetch(url)
  await answer.text()
  await until(() => ended.length === 1, 'it was over')
  const { id } = JSON.parse(
    (await (await fetch(url)).text()).match(/\$open\ndata: (.*)/)?.[1] ?? '{"id":"none"}',
  )
  expect(tidings.stats().connections).toBe(0)
  expect((await post(`${url}/$connections/${id}`, { operations: [] })).status).toBe(410)
})

it('a malformed error is reported, and affects no other request', async () => {
  const odd = Object.assign(new TidingsError({ code: 'bad_request', message: 'odd' }), {
    issues: { not: 'a list' },
    retryAfterMs: 5n,
  })
  const { url } = await start({ snapshot: () => Promise.reject(odd) })
  const { stream, control, names } = await connect(url)
  await control([{ subscribe: 'room?roomId=a' }, { subscribe: 'ticks' }])
  await until(() => names().includes('$error'), 'the client was notified')
  const told = stream.events.find(({ event }) => event === '$error')
  expect(JSON.parse(told?.data ?? '')).toMatchObject({ code: 'bad_request', detail: 'odd' })
})

it('no image on another site opens a connection with the cookies of its visitor', async () => {
  const { url } = await start()
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
  const { origin, pathname } = new URL(url)
  const status = await new Promise((resolve) => {
    httpRequest(origin + pathname, { headers }, (response) => resolve(response.resume().statusCode)).end()
  })
  expect(status).toBe(403)
})
