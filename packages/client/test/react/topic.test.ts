import { until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { describe, expect, it } from 'vitest'
import { openHooks, reacts } from './hooks.js'

const newContext = sharedChromium()
/** Rooms that begin with their own name. */
const named = {
  room: { snapshot: ({ params }: { params: { roomId: string } }) => ({ messages: [params.roomId] }) },
}
const room = (roomId: string) => ({ roomId })

describe.each(Object.entries(reacts))('with %s, useTopic', (_version, folder) => {
  const open = (
    ...given: Parameters<typeof openHooks> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ) => openHooks(newContext, folder, ...given)

  it.runIf(hasChromium)('shows its topic while it is mounted, with one subscription', async () => {
    const { show, shows, shown, tidings, subscriptions, unmount, commits, controls } = await open(named)
    await show('Topic', room('a'))
    await shows({ messages: ['a'], isCurrent: true, isPrevious: false })
    await subscriptions(1)
    expect(controls()).toBe(2)
    await tidings.emit.room(room('a')).typing('ada')
    await shows({ messages: ['a', 'ada'] })
    const before = (await commits()).length
    for (let n = 0; n < 100; n += 1) void tidings.emit.room(room('a')).typing(`${n}`)
    await until(async () => JSON.stringify(await shown()).includes('"99"'), 'all had come')
    // The events of a turn are one chunk, which the network may split.
    expect((await commits()).length - before).toBeLessThan(5)
    await unmount()
    await subscriptions(0)
  })

  it.runIf(hasChromium)('shows no value of another topic when its params change', async () => {
    const { show, shows, subscriptions, commits, tidings } = await open(named)
    await show('Topic', room('a'))
    await shows({ roomId: 'a', messages: ['a'] })
    await show('Topic', room('b'))
    await shows({ roomId: 'b', messages: ['b'] })
    await subscriptions(1)
    await tidings.emit.room(room('b')).typing('bob')
    await shows({ messages: ['b', 'bob'] })
    await show('Topic', {})
    await shows({ isCurrent: false })
    await subscriptions(0)
    await show('Topic', room('a'))
    await shows({ roomId: 'a', messages: ['a'] })
    for (const { roomId, messages } of await commits()) {
      expect([undefined, roomId]).toContain((messages as string[] | undefined)?.[0])
    }
  })

  it.runIf(hasChromium)('keeps the previous topic until the new one stands, if asked', async () => {
    let release = () => {}
    const { show, shows, subscriptions, commits, tidings } = await open({
      room: {
        snapshot: async ({ params: { roomId } }) => {
          if (roomId === 'b') await new Promise<void>((resolve) => (release = resolve))
          return { messages: [roomId] }
        },
      },
    })
    await show('Topic', { ...room('a'), keepPrevious: true })
    await shows({ messages: ['a'], isPrevious: false })
    await show('Topic', { ...room('b'), keepPrevious: true })
    await shows({ roomId: 'b', messages: ['a'], isCurrent: false, isPrevious: true })
    await subscriptions(2)
    await tidings.emit.room(room('a')).typing('ada')
    await shows({ messages: ['a', 'ada'], isPrevious: true })
    release()
    await shows({ messages: ['b'], isCurrent: true, isPrevious: false })
    await subscriptions(1)
    await tidings.emit.room(room('b')).typing('bob')
    await shows({ messages: ['b', 'bob'] })
    const without = (await commits()).filter(({ messages }) => messages === undefined)
    expect(without.every(({ roomId }) => roomId === 'a')).toBe(true)
  })

  it.runIf(hasChromium)('keeps a topic current that is shown again before the next one stands', async () => {
    const { show, shows, subscriptions, commits, tidings } = await open({
      room: {
        snapshot: ({ params: { roomId } }) =>
          roomId === 'a' ? { messages: [roomId] } : new Promise<never>(() => {}),
      },
    })
    await show('Topic', { ...room('a'), keepPrevious: true })
    await shows({ messages: ['a'], isCurrent: true })
    for (const roomId of ['b', 'c']) {
      await show('Topic', { roomId, keepPrevious: true })
      await shows({ roomId, messages: ['a'], isPrevious: true })
    }
    await show('Topic', { ...room('a'), keepPrevious: true })
    await shows({ roomId: 'a', messages: ['a'], isCurrent: true, isPrevious: false })
    await subscriptions(1)
    await tidings.emit.room(room('a')).typing('ada')
    await shows({ messages: ['a', 'ada'] })
    const ofA = (await commits()).filter(({ roomId, messages }) => roomId === 'a' && messages)
    expect(ofA.filter(({ isCurrent, isPrevious }) => !isCurrent || isPrevious)).toEqual([])
  })

  it.runIf(hasChromium).each([false, true])(
    'begins with the seed of its topic, and not with that of another (keepPrevious: %s)',
    async (keepPrevious) => {
      const { show, shows, commits, tidings, subscriptions } = await open({
        room: { ...named.room, authorize: ({ params: { roomId } }) => roomId !== 'refused' },
      })
      const seed = await tidings.snapshot.room(room('a'))
      // The seed is another object in each render, as parseSeed makes it.
      const change = (roomId?: string, given?: object) => show('Topic', { roomId, seed: given, keepPrevious })
      const begins = async (roomId: string) =>
        (await commits()).find((commit) => commit['roomId'] === roomId) as object
      const none = keepPrevious ? { isPrevious: true } : { messages: undefined, isCurrent: false }

      // A seed that is given before the topic is the seed of that topic.
      await change(undefined, seed)
      await change('a', seed)
      await shows({ messages: ['a'], isCurrent: true })
      expect(await begins('a')).toMatchObject({ messages: ['a'], isCurrent: true })
      await change('b', seed)
      await shows({ roomId: 'b', messages: ['b'], isCurrent: true, isPrevious: false })
      expect(await begins('b')).toMatchObject({ ...none, ...(keepPrevious && { messages: ['a'] }) })
      await change()
      await shows({ isCurrent: false })
      await change('c', seed)
      await shows({ messages: ['c'] })
      expect(await begins('c')).toMatchObject(none)
      await change('c')
      await change('d', seed)
      await shows({ messages: ['d'] })
      expect(await begins('d')).toMatchObject(none)
      await change('refused', seed)
      await shows({ error: 'forbidden', isCurrent: false, isPrevious: false })
      expect(await begins('refused')).toMatchObject(none)
      const { value, ...position } = await tidings.snapshot.room(room('e'))
      await change('e', { value, ...position })
      await shows({ messages: ['e'] })
      expect(await begins('e')).toMatchObject({ messages: ['e'], isCurrent: true, isPrevious: false })
      await subscriptions(1)
      for (const { roomId, messages, isPrevious } of await commits()) {
        if (!isPrevious) expect([undefined, roomId]).toContain((messages as string[] | undefined)?.[0])
      }
    },
  )

  it.runIf(hasChromium)('has the error of a client that is closed while it is shown', async () => {
    const { show, shows, call } = await open({
      room: {
        snapshot: ({ params }) => (params.roomId === 'a' ? { messages: ['x'] } : new Promise(() => {})),
      },
    })
    await show('TopicOfOther')
    await shows({ messages: ['x'] })
    await show('TopicOfOther', { roomId: 'b', keepPrevious: true })
    await shows({ roomId: 'b', messages: ['x'], isPrevious: true })
    await call('closeOther')
    await shows({ roomId: 'b', isPrevious: false, error: 'closed' })
  })

  it.runIf(hasChromium)('has the error of a refusal, and of a client that was closed', async () => {
    let isAdmitted = false
    const { show, shows, subscriptions, unmount, evaluate, page } = await open({
      room: { authorize: () => isAdmitted, snapshot: () => ({ messages: ['a'] }) },
    })
    await show('Topic', room('a'))
    await shows({ error: 'forbidden', isCurrent: false })
    expect(await evaluate(({ errors }) => errors)).toEqual([])
    await subscriptions(0)
    await unmount()
    isAdmitted = true
    await show('Topic', room('a'))
    await shows({ messages: ['a'] })
    page.removeAllListeners('pageerror')
    const thrown = page.waitForEvent('pageerror')
    await show('Topic', { ...room('a'), isClosed: true })
    await shows({ error: 'closed', isCurrent: false })
    expect((await thrown).message).toContain('Create another one')
    await subscriptions(0)
  })

  it.runIf(hasChromium)(
    'continues after a lost connection, and with a fresh snapshot after a gap',
    async () => {
      const { show, shows, subscriptions, tidings, cut } = await open(named, { history: { size: 2 } })
      await show('Topic', room('a'))
      await shows({ messages: ['a'] })
      cut()
      await tidings.emit.room(room('a')).typing('ada')
      await shows({ messages: ['a', 'ada'], isCurrent: true })
      cut()
      for (let n = 0; n < 5; n += 1) void tidings.emit.room(room('a')).typing('lost')
      await shows({ messages: ['a'], isCurrent: true })
      await subscriptions(1)
    },
  )

  it.runIf(hasChromium)('keeps its value when its reducer throws', async () => {
    const { show, shows, tidings, evaluate } = await open(named)
    await show('Topic', room('a'))
    await shows({ messages: ['a'] })
    for (const author of ['throw', 'ada']) await tidings.emit.room(room('a')).typing(author)
    await shows({ messages: ['a', 'ada'] })
    expect(await evaluate(({ errors }) => errors)).toEqual(['internal'])
  })

  it.runIf(hasChromium)('folds a channel without a snapshot from its initial value', async () => {
    const { show, shows, subscriptions, tidings } = await open()
    await show('Ticks', { keepPrevious: true })
    await shows({ ticks: [] })
    await subscriptions(1)
    await tidings.emit.ticks().tick(1)
    await shows({ ticks: [1] })
  })
})
