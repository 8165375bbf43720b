import { inspector } from '@tidings/inspector'
import { createServer, type InspectedServer, type Inspector } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { contract } from './copied-contract.js'

/** Starts a server, and counts how often its inspector has read its stats. */
async function start(options?: Parameters<typeof inspector>[0], context?: () => unknown) {
  const real = inspector(options)
  let reads = 0
  let seen: InspectedServer | undefined
  const counting: Inspector = {
    handle(server, path, request) {
      seen ??= {
        ...server,
        stats: () => {
          reads += 1
          return server.stats()
        },
      }
      return real.handle(seen, path, request)
    },
  }
  const tidings = createServer(
    contract,
    { inspector: counting, ...(context && { context }) },
    {
      room: { snapshot: () => ({ messages: [] }) },
      chat: { send: () => ({ id: '1' }), clear: () => {}, book: () => {} },
      complete: async function* () {
        yield { type: 'token' as const, data: 'a' }
        return { tokens: 1 }
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const app = express()
  app.use('/events', expressHandler(tidings))
  const { origin } = await listen(app)
  return {
    tidings,
    mount: `${origin}/events`,
    feed: `${origin}/events/$inspect/events/stats`,
    reads: () => reads,
  }
}

/** Reads an event stream into `text`, until it ends or is left. */
async function read(url: string) {
  const controller = new AbortController()
  const response = await fetch(url, { signal: controller.signal })
  const result = { status: response.status, text: '', hasEnded: false, leave: () => controller.abort() }
  const reading = async () => {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) result.text += text
    result.hasEnded = true
  }
  reading().catch(() => {})
  return result
}

it('samples the stats while a page is subscribed, and begins with the samples it has', async () => {
  const { tidings, mount, feed, reads } = await start()
  const topic = await read(`${mount}/room?roomId=a`)
  await until(() => tidings.stats().subscriptions === 1, 'a topic is subscribed to')
  const first = await read(feed)
  await until(() => first.text.split('event: sample').length === 3, 'two samples have come')
  const [data = ''] = /(?<=event: sample\ndata: ).*/.exec(first.text) ?? []
  const { sample, busiest } = JSON.parse(data)
  // The inspector does not count itself.
  expect(sample).toMatchObject({ connections: 1, subscriptions: 1, topics: 1, emits: 0 })
  expect(busiest).toMatchObject({
    topics: [{ key: 'room?roomId=a', subscribers: 1, position: expect.stringMatching(/\.0$/) }],
    connections: [{ kind: 'topic', address: '127.0.0.1', subscriptions: 1, lagging: 0 }],
  })
  expect(busiest.connections[0]).not.toHaveProperty('principal')

  first.leave()
  let before = -1
  // Longer than between two samples.
  await until(async () => {
    before = reads()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    return reads() === before
  }, 'nothing is sampled any more')
  const second = await read(feed)
  await until(() => second.text.includes('event: sample'), 'it samples again')
  const snapshot = JSON.parse(/(?<=event: \$snapshot\ndata: ).*/.exec(second.text)?.[0] ?? '')
  expect(snapshot.samples.length).toBeGreaterThanOrEqual(2)
  topic.leave()
})

it('lists the twenty busiest topics and connections', async () => {
  const { tidings, mount, feed } = await start()
  const topics: Awaited<ReturnType<typeof read>>[] = []
  // The busiest comes last.
  for (let index = 0; index < 25; index += 1)
    topics.push(await read(`${mount}/room?roomId=${Math.min(index, 23)}`))
  await until(() => tidings.stats().subscriptions === 25, 'all are subscribed')
  const stats = await read(feed)
  await until(() => stats.text.includes('event: sample'), 'a sample has come')
  const { busiest } = JSON.parse(/(?<=event: sample\ndata: ).*/.exec(stats.text)?.[0] ?? '')
  expect([busiest.topics.length, busiest.connections.length]).toEqual([20, 20])
  expect(busiest.topics[0]).toMatchObject({ key: 'room?roomId=23', subscribers: 2 })
  for (const { leave } of [...topics, stats]) leave()
})

it('ends the streams of the inspector when the server closes', async () => {
  const { tidings, feed, reads } = await start()
  const stats = await read(feed)
  await until(() => stats.text.includes('event: sample'), 'a sample has come')
  await tidings.close({ drainMs: 0 })
  await until(() => stats.hasEnded, 'the stream has ended')
  expect(stats.text).toContain('event: $error')
  expect(reads()).toBeLessThan(4)
})

it('reveals nothing to a request that may not see the inspector', async () => {
  const { feed } = await start({ authorize: () => false })
  const { status } = await read(feed)
  expect(status).toBe(404)
})

it('ends a stream when the credentials of its watcher expire', async () => {
  let expiresAt = Date.now() + 60_000
  const app = await start({ authorize: () => true }, () => ({ expiresAt }))
  const lasting = await read(app.feed)
  expiresAt = Date.now() + 300
  const brief = await read(app.feed)
  expect(brief.status).toBe(200)
  await until(() => brief.hasEnded, 'the stream has ended')
  expect(lasting.hasEnded).toBe(false)
  expect((await read(app.feed)).status).toBe(404)
})

it('has a bounded number of watchers', async () => {
  const app = await start()
  const watchers = await Promise.all(Array.from({ length: 100 }, () => read(app.feed)))
  expect(new Set(watchers.map(({ status }) => status))).toEqual(new Set([200]))
  expect((await read(app.feed)).status).toBe(503)
  watchers[0]?.leave()
  await until(async () => (await read(app.feed)).status === 200, 'there is room again')
})
