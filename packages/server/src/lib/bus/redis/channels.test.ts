import { expect, it } from 'vitest'
import { Channels } from './channels.js'
import type { RedisLink } from './link.js'

/** A connection whose requests stay pending until a test replies. */
class FakeLink implements Pick<RedisLink, 'subscribe' | 'unsubscribe'> {
  readonly requests: string[] = []
  readonly #pending: { resolve(): void; reject(error: Error): void }[] = []

  subscribe(): Promise<void> {
    return this.#request('subscribe')
  }

  unsubscribe(): Promise<void> {
    return this.#request('unsubscribe')
  }

  async reply(error?: Error): Promise<void> {
    const { resolve, reject } = this.#pending.shift() ?? expect.fail('no request is pending')
    if (error) reject(error)
    else resolve()
    await new Promise((done) => setImmediate(done))
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  #request(what: string): Promise<void> {
    this.requests.push(what)
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }))
  }
}

it('sends one request at a time, and none for listeners that have left', async () => {
  const link = new FakeLink()
  const channels = new Channels(link)
  const first = () => {}
  const joined = [channels.join('a', first)]
  for (let n = 0; n < 1_000; n += 1) {
    const listener = () => {}
    void channels.join('a', listener)
    channels.leave('a', listener)
  }
  const second = () => {}
  joined.push(channels.join('a', second))
  await link.reply()
  await Promise.all(joined)
  channels.leave('a', first)
  channels.leave('a', second)
  expect(link.pendingCount).toBe(1)
  const third = channels.join('a', first)
  await link.reply()
  await link.reply()
  await third
  expect(link.requests).toEqual(['subscribe', 'unsubscribe', 'subscribe'])
})

it('subscribes a listener that joins while the last one leaves', async () => {
  const link = new FakeLink()
  const channels = new Channels(link)
  const listener = () => {}
  void channels.join('a', listener)
  channels.leave('a', listener)
  await link.reply()
  expect(link.requests).toEqual(['subscribe', 'unsubscribe'])
  let isJoined = false
  const late = channels.join('a', listener).then(() => {
    isJoined = true
  })
  await link.reply()
  expect(isJoined).toBe(false)
  await link.reply()
  await late
  expect(link.requests).toEqual(['subscribe', 'unsubscribe', 'subscribe'])
})

it('rejects every waiting listener if a subscription fails, and retries for the next', async () => {
  const link = new FakeLink()
  const channels = new Channels(link)
  const listeners = [() => {}, () => {}]
  const joined = Promise.allSettled(listeners.map((listener) => channels.join('a', listener)))
  await link.reply(new Error('not now'))
  expect((await joined).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  for (const listener of listeners) channels.leave('a', listener)
  const next = channels.join('a', () => {})
  await link.reply()
  await next
  expect(link.requests).toEqual(['subscribe', 'subscribe'])
})

it('retries to unsubscribe once after a failure, and then stays subscribed', async () => {
  const link = new FakeLink()
  const channels = new Channels(link)
  const listener = () => {}
  const joined = channels.join('a', listener)
  await link.reply()
  await joined
  channels.leave('a', listener)
  await link.reply(new Error('broken'))
  await link.reply(new Error('closed'))
  expect(link.requests).toEqual(['subscribe', 'unsubscribe', 'unsubscribe'])
  // It is still subscribed.
  await channels.join('a', listener)
  expect(link.pendingCount).toBe(0)
})
