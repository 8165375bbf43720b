import { expect, it } from 'vitest'
import { Channels } from './channels.js'
import type { RedisLink } from './link.js'

/** A connection whose every request is answered when a test says so. */
class FakeLink implements Pick<RedisLink, 'subscribe' | 'unsubscribe'> {
  readonly asked: string[] = []
  readonly #open: { resolve(): void; reject(error: Error): void }[] = []

  subscribe(): Promise<void> {
    return this.#ask('subscribe')
  }

  unsubscribe(): Promise<void> {
    return this.#ask('unsubscribe')
  }

  async answer(error?: Error): Promise<void> {
    const { resolve, reject } = this.#open.shift() ?? expect.fail('nothing is asked')
    if (error) reject(error)
    else resolve()
    await new Promise((done) => setImmediate(done))
  }

  get openCount(): number {
    return this.#open.length
  }

  #ask(what: string): Promise<void> {
    this.asked.push(what)
    return new Promise((resolve, reject) => this.#open.push({ resolve, reject }))
  }
}

it('asks one thing at a time, and nothing that nobody wants any more', async () => {
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
  await link.answer()
  await Promise.all(joined)
  channels.leave('a', first)
  channels.leave('a', second)
  expect(link.openCount).toBe(1)
  const third = channels.join('a', first)
  await link.answer()
  await link.answer()
  await third
  expect(link.asked).toEqual(['subscribe', 'unsubscribe', 'subscribe'])
})

it('who comes while the last one leaves is subscribed', async () => {
  const link = new FakeLink()
  const channels = new Channels(link)
  const listener = () => {}
  void channels.join('a', listener)
  channels.leave('a', listener)
  await link.answer()
  expect(link.asked).toEqual(['subscribe', 'unsubscribe'])
  let isJoined = false
  const late = channels.join('a', listener).then(() => {
    isJoined = true
  })
  await link.answer()
  expect(isJoined).toBe(false)
  await link.answer()
  await late
  expect(link.asked).toEqual(['subscribe', 'unsubscribe', 'subscribe'])
})

it('what cannot be subscribed to is said to all who wait, and asked for again by the next', async () => {
  const link = new FakeLink()
  const channels = new Channels(link)
  const listeners = [() => {}, () => {}]
  const joined = Promise.allSettled(listeners.map((listener) => channels.join('a', listener)))
  await link.answer(new Error('not now'))
  expect((await joined).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  for (const listener of listeners) channels.leave('a', listener)
  const next = channels.join('a', () => {})
  await link.answer()
  await next
  expect(link.asked).toEqual(['subscribe', 'subscribe'])
})

it('a connection that breaks while it is left is left once more, and then let be', async () => {
  const link = new FakeLink()
  const channels = new Channels(link)
  const listener = () => {}
  const joined = channels.join('a', listener)
  await link.answer()
  await joined
  channels.leave('a', listener)
  await link.answer(new Error('broken'))
  await link.answer(new Error('closed'))
  expect(link.asked).toEqual(['subscribe', 'unsubscribe', 'unsubscribe'])
  // It is still subscribed.
  await channels.join('a', listener)
  expect(link.openCount).toBe(0)
})
