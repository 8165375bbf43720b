import { connect, createServer as createTcp } from 'node:net'
import { listenOnFreePort, pause, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { type Bus, createServer, memoryBus } from '../src/index.js'
import { contract } from './contract.js'
import { mount, type OpenStream, open, post } from './harness.js'

async function startNode(connectionsPerPrincipal: number, bus?: Bus) {
  const tidings = createServer(
    contract,
    {
      ...(bus && { bus }),
      context: ({ headers }) => headers.get('x-user') ?? '',
      principal: (user) => user,
      limits: { connectionsPerPrincipal },
    },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, url: await mount(expressHandler(tidings)) }
}

/** A hop in front of a server that reads on when a client has left, and tells the server nothing. */
async function hidingHop(url: string): Promise<string> {
  const { port, pathname } = new URL(url)
  const upstreams = new Set<ReturnType<typeof connect>>()
  const hop = createTcp((client) => {
    const upstream = connect(Number(port), '127.0.0.1')
    upstreams.add(upstream)
    client.on('data', (data) => upstream.write(data))
    client.on('error', () => {})
    upstream.on('error', () => {})
    upstream.on('data', (data) => void (client.destroyed || client.write(data)))
  })
  await listenOnFreePort(hop)
  onTestFinished(() => {
    hop.close()
    for (const upstream of upstreams) upstream.destroy()
  })
  const address = hop.address()
  if (typeof address !== 'object' || !address) throw new Error('it does not listen')
  return `http://127.0.0.1:${address.port}${pathname}`
}

const headers = { 'x-user': 'ada' }

/** A page of ada's that answers when it is asked who it is. */
async function page(url: string): Promise<OpenStream & { asked(): number }> {
  const stream = await open(url, { headers })
  const [first] = await stream.count(1)
  const { id } = JSON.parse(first?.data ?? '') as { id: string }
  const asked = () => stream.events.filter(({ event }) => event === '$reauthorize').length
  let answered = 0
  const timer = setInterval(() => {
    if (asked() === answered) return
    answered = asked()
    void post(`${url}/$connections/${id}`, { operations: [] }, headers)
  }, 10)
  onTestFinished(() => clearInterval(timer))
  return { ...stream, asked }
}

async function ghost(hop: string, path = ''): Promise<void> {
  const stream = await open(`${hop}${path}`, { headers })
  await stream.count(1)
  stream.leave()
}

/** Tries until a page is let in, and gives what it was told the first time. */
async function letIn(url: string): Promise<string | null> {
  let told: string | null = null
  for (let isIn = false; !isIn; ) {
    const { response, leave } = await open(url, { headers })
    isIn = response.status === 200
    if (isIn) break
    leave()
    expect(response.status).toBe(429)
    told ??= response.headers.get('retry-after')
    await pause(200)
  }
  return told
}

it('connections of vanished clients are released for a new page, and live pages stay', async () => {
  const { tidings, url } = await startNode(3)
  const hop = await hidingHop(url)
  await ghost(hop)
  await ghost(hop)
  const living = await page(url)
  expect(tidings.stats().connections).toBe(3)
  const retryAfter = Number(await letIn(url))
  // What a client waits before it tries again is long enough for the others to answer.
  expect(retryAfter).toBeGreaterThanOrEqual(5)
  expect(retryAfter).toBeLessThanOrEqual(7)
  await until(() => tidings.stats().connections === 2, 'those that have left were ended')
  expect([living.isOver(), living.asked()]).toEqual([false, 1])
})

it('a page is refused while all others are alive, each of which is challenged once', async () => {
  const { tidings, url } = await startNode(2)
  const living = [await page(url), await page(url)]
  for (let n = 0; n < 20; n += 1) expect((await open(url, { headers })).response.status).toBe(429)
  await until(() => living.every((each) => each.asked() === 1), 'both were asked')
  for (let n = 0; n < 20; n += 1) expect((await open(url, { headers })).response.status).toBe(429)
  expect(living.map((each) => [each.isOver(), each.asked()])).toEqual([
    [false, 1],
    [false, 1],
  ])
  expect(tidings.stats().connections).toBe(2)
})

it('connections are challenged on all nodes', async () => {
  const shareWith = memoryBus()
  const one = await startNode(2, memoryBus({ shareWith }))
  const other = await startNode(2, memoryBus({ shareWith }))
  const hop = await hidingHop(one.url)
  await ghost(hop)
  const living = await page(one.url)
  await letIn(other.url)
  expect(one.tidings.stats().connections).toBe(1)
  expect([living.isOver(), living.asked()]).toEqual([false, 1])
})

it('connections of other principals and of single topics are not challenged', async () => {
  const { tidings, url } = await startNode(1)
  const other = await open(url, { headers: { 'x-user': 'bob' } })
  const topic = await open(`${url}/ticks`, { headers })
  await Promise.all([other.count(1), topic.count(1)])
  expect((await open(url, { headers })).response.status).toBe(429)
  await tidings.emit.ticks().tick(1)
  await topic.count(2)
  expect(other.events.map(({ event }) => event)).toEqual(['$open'])
  expect(tidings.stats().connections).toBe(2)
})
