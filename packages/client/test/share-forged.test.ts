import { listen, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../src/index.js'
import { contract } from './contract.js'
import { startServer } from './harness.js'
import { fakeLocks } from './locks.js'

/** A server and two tabs that share a connection, as far as sharing goes; and the channel between them, for a script. */
async function start() {
  const locks = fakeLocks()
  const messages: string[] = []
  const server = await startServer({ room: { snapshot: () => ({ messages: [...messages] }) } })
  let count = 0
  const emit = () => {
    count += 1
    messages.push(String(count))
    void server.tidings.emit.ticks().tick(count)
    void server.tidings.emit.room({ roomId: 'lobby' }).typing(String(count))
  }
  const tabs = [open(server.url)]
  await until(() => tabs[0]?.client.connection.state.status === 'open', 'the first tab had the connection')
  tabs.push(open(server.url))
  await until(() => tabs.every(({ client }) => client.connection.state.status === 'open'), 'all were open')
  const name = locks.names().find((one) => !one.includes(' tab ')) ?? ''
  const script = new BroadcastChannel(name)
  onTestFinished(() => script.close())
  const heard: { readonly leader?: string; readonly tab?: string; readonly id?: string }[] = []
  script.onmessage = ({ data }: MessageEvent) => heard.push(data as (typeof heard)[number])
  /** Emits, until all tabs receive. */
  const goOn = async () => {
    const [emitted, timer] = [count, setInterval(emit, 20)]
    const areIn = () => tabs.every(({ ticks, room }) => [ticks, room].every((seen) => seen.includes(count)))
    await until(
      () => count > emitted + 2 && areIn(),
      () => `tabs went on: ${JSON.stringify(tabs)}`,
    )
    clearInterval(timer)
  }
  await goOn()
  const frame = heard.find(({ id }) => id)
  const leader = frame?.leader ?? ''
  return { server, tabs, heard, leader, script, goOn, emit, countNow: () => count, locks }
}

function open(url: string, as?: string) {
  const client = createClient(contract, { url, share: as === undefined ? true : { as } })
  onTestFinished(() => client.close())
  const seen = { ticks: [] as number[], room: [] as number[], gaps: [] as string[], errors: [] as string[] }
  const gap = ({ reason }: { reason: string }) => seen.gaps.push(reason)
  const error = ({ code }: { code: string }) => seen.errors.push(code)
  client.ticks().subscribe({ tick: (n) => seen.ticks.push(n), gap, error })
  client.room({ roomId: 'lobby' }).subscribe({
    snapshot: ({ messages }) => {
      seen.room = messages.map(Number)
    },
    typing: (n) => seen.room.push(Number(n)),
    gap,
    error,
  })
  return Object.assign(seen, { client, toJSON: () => ({ ...seen, client: undefined }) })
}

const nothingMissed = { gaps: [], errors: [] }

it.each([
  { type: 'leader', leader: 'x', since: Number.POSITIVE_INFINITY },
  { type: 'state', leader: 'x', since: Number.MAX_VALUE, state: { status: 'waiting' } },
  { type: 'refused', leader: 'x', since: Number.MAX_VALUE, problem: { status: 403, code: 'forbidden' } },
  {
    type: 'state',
    leader: 'x',
    state: { status: 'closed', problem: { title: '', status: 403, code: 'forbidden', detail: 'No' } },
  },
])('is not silenced by a message of a tab that does not have the lock: %j', async (message) => {
  const { tabs, script, goOn } = await start()
  script.postMessage(message)
  await goOn()
  for (const tab of tabs) expect(tab).toMatchObject({ ...nothingMissed, room: tab.ticks })
})

it("receives a gap when a script forges an event far ahead in the leader's name", async () => {
  const { tabs, script, heard, leader, goOn, countNow } = await start()
  for (const name of ['tick', 'typing']) {
    const frame = heard.findLast((one) => 'name' in one && one.name === name)
    const id = `${frame?.id?.split('.')[0]}.9000000000000000`
    const data = name === 'tick' ? '-1' : '"-1"'
    script.postMessage({ ...frame, id, data, since: Number.MAX_VALUE })
  }
  const [first, follower] = tabs
  await until(() => follower?.ticks.includes(-1) === true, 'the tab believed it')
  await goOn()
  expect(first).toMatchObject(nothingMissed)
  expect(follower).toMatchObject({ gaps: ['history_lost', 'history_lost'], errors: [] })
  // The state is a fresh one, without the forged event.
  expect(follower?.room).toEqual(Array.from({ length: countNow() }, (_, index) => index + 1))
  script.postMessage({ type: 'leader', leader })
  await goOn()
  expect(follower?.gaps).toEqual(['history_lost', 'history_lost'])
})

it("does not end when a script forges a refusal in the leader's name", async () => {
  const { tabs, script, leader, goOn } = await start()
  const problem = { title: '', status: 403, code: 'forbidden', detail: 'No' }
  script.postMessage({ type: 'refused', leader, since: Number.MAX_VALUE, problem })
  script.postMessage({ type: 'state', leader, state: { status: 'closed', problem } })
  await goOn()
  for (const tab of tabs) expect(tab.errors).toEqual([])
  await until(() => tabs.every(({ client }) => client.connection.state.status === 'open'), 'all were open')
})

it("misses no event when a script forges requests in a tab's name", async () => {
  const { tabs, script, server, heard, emit, goOn } = await start()
  // Both tabs say who they are when they want something.
  for (const { client } of tabs) client.room({ roomId: 'other' }).on('typing', () => {})
  await until(() => server.tidings.stats().subscriptions === 3, 'the third topic was carried')
  const tab = heard.find((one) => one.tab !== undefined)?.tab
  for (const key of ['ticks', 'room?roomId=lobby']) script.postMessage({ type: 'unsubscribe', tab, key })
  script.postMessage({ type: 'subscribe', tab, key: 'ticks', cursor: 'x.1' })
  script.postMessage({ type: 'subscribe', tab, key: 'nothing?of=this', cursor: undefined })
  script.postMessage({ type: 'snapshot', tab, key: 'ticks', cursor: 'x.1' })
  for (let n = 0; n < 10; n += 1) emit()
  await goOn()
  for (const seen of tabs) expect(seen).toMatchObject({ ...nothingMissed, room: seen.ticks })
  expect(server.tidings.stats().subscriptions).toBe(3)
})

it('continues whatever is posted to the channel', async () => {
  const { tabs, script, heard, leader, goOn } = await start()
  const tab = heard.find((one) => one.tab !== undefined)?.tab ?? 'y'
  const values: unknown[] = [
    undefined,
    null,
    1,
    'x',
    {},
    [],
    { toString: 1 },
    'y'.repeat(100_000),
    Number.NaN,
  ]
  const types = ['subscribe', 'snapshot', 'unsubscribe', 'ping', 'frame', 'state', 'leader', 'refused', 'x']
  for (const value of values) {
    script.postMessage(value)
    for (const type of types) {
      for (const speaker of [{ leader }, { leader: value }, { tab }, { tab: value }, { leader, tab }]) {
        script.postMessage({ type, ...speaker, since: value })
        script.postMessage({
          ...{ type, to: value, key: value, cursor: value, nonce: value, name: value, data: value },
          ...{ id: value, state: value, problem: value, isForged: value, since: Number.MAX_VALUE },
          ...speaker,
        })
        script.postMessage({ type, state: { status: 'closed', problem: value }, since: value, ...speaker })
      }
    }
  }
  for (const name of ['$subscribed', '$gap', '$error', '$snapshot', 'tick']) {
    for (const data of ['', '{', 'null', '{"topic":{"toString":1},"epoch":1,"cursor":{}}', '[]']) {
      script.postMessage({ type: 'frame', leader, name, data, id: 'x.1', since: Number.MAX_VALUE })
    }
  }
  await goOn()
  for (const { errors } of tabs) expect(errors).toEqual([])
})

it('ends in all tabs when the server refuses the connection, and begins again when a tab subscribes', async () => {
  const { tabs, server } = await start()
  await server.stop()
  const refusing = await listen((_request, response) => response.writeHead(403).end(), server.port)
  await until(() => tabs.every(({ errors }) => errors.length === 2), 'all had ended')
  expect(tabs.map(({ client }) => client.connection.state.status)).toEqual(['closed', 'closed'])
  await refusing.stop()
  await startServer({}, { port: server.port })
  for (const { client } of tabs) client.ticks().on('tick', () => {})
  await until(
    () => tabs.every(({ client }) => client.connection.state.status === 'open'),
    'all were open again',
  )
})

it('hides the user in the names of channels and locks, and shares with no other user', async () => {
  const { server, locks } = await start()
  const ada = open(server.url, 'ada@some.example')
  const eve = open(server.url, 'eve@some.example')
  await until(
    () => [ada, eve].every(({ client }) => client.connection.state.status === 'open'),
    'all were open',
  )
  expect(server.tidings.stats().connections).toBe(3)
  const names = locks.names()
  expect(names.filter((name) => !name.includes(' tab '))).toHaveLength(3)
  expect(names.join('\n')).not.toMatch(/@|some\.example|127\.0\.0\.1|\/events/)
})
