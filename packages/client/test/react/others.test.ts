import { pause, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { describe, expect, it } from 'vitest'
import { connect } from '../harness.js'
import { openHooks, reacts } from './hooks.js'

const newContext = sharedChromium()
const room = (roomId: string) => ({ roomId })

describe.each(Object.entries(reacts))('with %s', (_version, folder) => {
  const open = (
    ...given: Parameters<typeof openHooks> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ) => openHooks(newContext, folder, ...given)

  describe('useEvents', () => {
    it.runIf(hasChromium)('calls the newest handlers once an event, without subscribing again', async () => {
      const { show, heard, tidings, subscriptions, controls, unmount } = await open()
      const type = (author: string, roomId = 'a') => tidings.emit.room(room(roomId)).typing(author)
      const hears = (count: number) =>
        until(async () => (await heard()).length === count, `${count} were heard`)
      await show('Events')
      await subscriptions(1)
      await type('ada')
      await hears(1)
      const before = controls()
      await show('Events', { suffix: '!' })
      await type('bob')
      await hears(2)
      expect(controls()).toBe(before)
      await show('Events', { suffix: '?', withMessages: true })
      // The effect that subscribes the new handler may run after the render.
      await until(async () => {
        await tidings.emit.room(room('a')).message({ text: 'hi', sentAt: new Date() })
        return (await heard()).includes('hi')
      }, 'the new handler was called')
      expect(controls()).toBe(before)
      await show('Events', { roomId: 'b', suffix: '.' })
      await until(() => tidings.stats().subscriptions === 1 && controls() > before, 'it had moved')
      await type('eve')
      await until(async () => {
        await type('dan', 'b')
        return (await heard()).includes('dan.')
      }, 'the other room was heard')
      expect(await heard()).toEqual(expect.arrayContaining(['ada', 'bob!', 'hi', 'dan.']))
      expect(await heard()).not.toContain('eve.')
      await unmount()
      await subscriptions(0)
    })

    it.runIf(hasChromium)(
      'calls the error handler for a refusal and a closed client, and the gap handler',
      async () => {
        let isAdmitted = false
        const { show, heard, unmount, page, cut, tidings, subscriptions } = await open(
          { room: { authorize: () => isAdmitted, snapshot: () => ({ messages: [] }) } },
          { history: { size: 1 } },
        )
        await show('Events')
        await until(async () => (await heard()).length > 0, 'it was refused')
        expect(await heard()).toEqual([['forbidden', true]])
        await unmount()
        isAdmitted = true
        await show('Events')
        await subscriptions(1)
        await tidings.emit.room(room('a')).typing('ada')
        await until(async () => (await heard()).length > 1, 'the event had come')
        cut()
        for (let n = 0; n < 5; n += 1) void tidings.emit.room(room('a')).typing('lost')
        await until(async () => (await heard()).includes('expired'), 'the gap was heard')
        page.removeAllListeners('pageerror')
        await unmount()
        await show('Events', { isClosed: true })
        await until(async () => JSON.stringify(await heard()).includes('closed'), 'it was closed')
      },
    )

    it.runIf(hasChromium)('reports what an asynchronous handler rejects with', async () => {
      const { show, tidings, subscriptions, evaluate } = await open()
      await show('Events')
      await subscriptions(1)
      await tidings.emit.room(room('a')).typing('reject')
      await until(
        async () => (await evaluate(({ errors }) => errors)).includes('internal'),
        'it was reported',
      )
    })
  })

  it.runIf(hasChromium)(
    'useCommand shows the last call, typed errors, and survives being unmounted',
    async () => {
      let release = () => {}
      const { show, shows, call, unmount, requests, commits } = await open({
        send: async ({ input, fail }) => {
          if (input.text === 'spam') throw fail('muted', { until: new Date(7) })
          if (input.text === 'slow') await new Promise<void>((resolve) => (release = resolve))
          return { text: input.text, sentAt: new Date(0) }
        },
      })
      await show('Command')
      await shows({ isPending: false })
      await call('send', 'hi')
      await shows({ isPending: false, text: 'hi' })
      expect((await commits()).some(({ isPending }) => isPending === true)).toBe(true)
      await call('send', 'spam')
      await shows({ isPending: false, code: 'muted', until: 7 })
      await call('send', 'far too long for the schema')
      await shows({ isPending: false, code: 'invalid_input' })
      await call('send', 'slow')
      await shows({ isPending: true })
      await call('send', 'fast')
      await shows({ isPending: false, text: 'fast' })
      release()
      await pause(50)
      await shows({ isPending: false, text: 'fast' })
      await call('send', 'slow')
      await shows({ isPending: true })
      await call('reset')
      await shows({ isPending: false })
      release()
      await call('send', 'slow')
      await until(() => requests.filter(({ url }) => url === '/events/send').length === 6, 'all were sent')
      await unmount()
      release()
      await pause(50)
    },
  )

  it.runIf(hasChromium)('useCommand shows the output of one call after a lost connection', async () => {
    const rest: (() => void)[] = []
    const { show, shows, call, cut, requests, commits, tidings, unmount } = await open({
      send: async ({ input }) => {
        await new Promise<void>((resolve) => rest.push(resolve))
        return { text: input.text, sentAt: new Date(0) }
      },
    })
    const sent = () => requests.filter(({ url }) => url === '/events/send').length
    await show('Command')
    await call('send', 'hi')
    await until(() => rest.length === 1, 'the handler was called')
    cut()
    await until(() => sent() === 2, 'the command was sent again')
    rest[0]?.()
    await shows({ isPending: false, text: 'hi' })
    expect(rest).toHaveLength(1)
    expect((await commits()).filter(({ code }) => code !== undefined)).toEqual([])
    await unmount()
    expect(tidings.stats()).toMatchObject({ subscriptions: 0, connections: 0 })
  })

  it.runIf(hasChromium)('useCommand shows nothing of another command when it changes', async () => {
    let release: (() => void) | undefined
    const { show, shows, call, commits } = await open({
      send: async ({ input, fail }) => {
        if (input.text === 'spam') throw fail('muted', { until: new Date(7) })
        if (input.text === 'slow') await new Promise<void>((resolve) => (release = resolve))
        return { text: input.text, sentAt: new Date(0) }
      },
    })
    await show('Command')
    await call('send', 'spam')
    await shows({ code: 'muted' })
    await show('Command', { isOther: true })
    await shows({ isOther: true, isPending: false })
    await call('send', 'hi')
    await shows({ isOther: true, text: 'hi' })
    await show('Command')
    await shows({ isOther: false, isPending: false })
    await call('send', 'slow')
    await shows({ isOther: false, isPending: true })
    await until(() => release !== undefined, 'it was sent')
    await show('Command', { isOther: true })
    await shows({ isOther: true, isPending: false })
    release?.()
    await pause(50)
    const foreign = (await commits()).filter(({ isOther, isPending, code, text }) =>
      isOther ? code !== undefined || text === 'slow' : text === 'hi' && !isPending,
    )
    expect(foreign).toEqual([])
    await shows({ isOther: true, isPending: false })
  })

  describe('useRun', () => {
    /** A handler whose runs count until they are aborted, and how many go on. */
    function counting() {
      const runs = { started: 0, running: 0 }
      const run = async function* ({ input, signal, fail }: CountContext) {
        if (input.to === 0) throw fail('tooMany', { max: 1, at: new Date(5) })
        runs.started += 1
        runs.running += 1
        try {
          for (let data = 1; data <= input.to && !signal.aborted; data += 1) {
            yield { type: 'number', data } as const
            await pause(1)
          }
        } finally {
          runs.running -= 1
        }
        return { total: input.to }
      }
      return { runs, run }
    }

    interface CountContext {
      readonly input: { readonly to: number }
      readonly signal: AbortSignal
      fail(code: 'tooMany', data: { max: number; at: Date }): Error
    }

    it.runIf(hasChromium)(
      'shows a run that it starts, which StrictMode does not end, and ends it when unmounted',
      async () => {
        const { runs, run } = counting()
        const { show, shows, call, subscriptions, unmount } = await open({ count: { run, lingerMs: 60_000 } })
        await show('Count')
        await shows({ status: 'idle', numbers: [] })
        const id = await call('start', 5)
        await shows({ id, status: 'done', numbers: [1, 2, 3, 4, 5], total: 5 })
        await call('start', 0)
        await shows({ status: 'failed', code: 'tooMany', numbers: [] })
        await call('start', 1e9)
        await until(() => runs.running === 1, 'it ran')
        // The component with its state is shown again.
        await show('Count')
        await pause(50)
        expect(runs).toEqual({ started: 2, running: 1 })
        await call('start', 1e9)
        await until(() => runs.started === 3 && runs.running === 1, 'the last one had ended')
        await unmount()
        await until(() => runs.running === 0, 'the server had ended it')
        await subscriptions(0)
      },
    )

    it.runIf(hasChromium)(
      'attaches to an id while rendering, keeps a run that it has started, and cancels',
      async () => {
        const { runs, run } = counting()
        const { show, shows, call, subscriptions, unmount, requests } = await open({
          count: { run, lingerMs: Number.POSITIVE_INFINITY },
        })
        await show('Count')
        const first = await call('start', 3)
        await shows({ id: first, status: 'done' })
        const starts = () => requests.filter(({ url }) => url.startsWith('/events/count')).length
        const before = starts()
        await show('Count', { id: first })
        await shows({ id: first, status: 'done', numbers: [1, 2, 3] })
        const second = await call('start', 1e9)
        await shows({ id: second, status: 'running' })
        await show('Count', { id: second })
        await shows({ id: second, status: 'running' })
        expect([starts(), runs.started]).toEqual([before + 1, 2])
        await unmount()
        await subscriptions(0)
        expect(runs.running).toBe(1)
        await show('Count', { id: second })
        await shows({ id: second, status: 'running' })
        await subscriptions(1)
        await call('cancel')
        await shows({ status: 'failed', code: 'cancelled' })
        await until(() => runs.running === 0, 'it was cancelled')
        await show('Count', { id: first })
        await shows({ id: first, status: 'done', numbers: [1, 2, 3], total: 3 })
        await show('Count', {})
        await shows({ status: 'idle', numbers: [] })
        await call('attach', first)
        await shows({ id: first, status: 'done', numbers: [1, 2, 3] })
        await show('Count', { id: '../send' })
        await shows({ status: 'failed', code: 'invalid_input' })
      },
    )

    it.runIf(hasChromium).each([
      ['a layout effect', {}],
      ['an effect of a child', { isInChild: true }],
      ['a layout effect, once', { isOnce: true }],
      ['an effect of a child, once', { isInChild: true, isOnce: true }],
    ])('shows a run that is started in %s', async (_where, props) => {
      const { runs, run } = counting()
      const { show, shows, commits, unmount } = await open({ count: { run } })
      await show('Starting', { ...props, to: 1e9 })
      await shows({ status: 'running' })
      await until(() => runs.running === 1, 'one run was left')
      await pause(50)
      expect(runs.running).toBe(1)
      expect((await commits()).filter(({ status }) => status === 'failed')).toEqual([])
      await unmount()
      await until(() => runs.running === 0, 'the server had ended it')
      await show('Starting', props)
      await shows({ status: 'done', numbers: [1, 2, 3] })
    })

    it.runIf(hasChromium && folder === reacts['React 19'])(
      'shows a run that is started in an effect when an Activity is shown again',
      async () => {
        const { show, shows, shown, commits } = await open()
        for (const isInChild of [false, true]) {
          await show('Hideable', { isInChild })
          await shows({ status: 'done' })
          const { id: first } = (await shown()) as { id?: string }
          await show('Hideable', { isInChild, isHidden: true })
          await pause(50)
          await show('Hideable', { isInChild })
          await until(async () => ((await shown()) as { id?: string }).id !== first, 'it was started again')
          await shows({ status: 'done', numbers: [1, 2, 3] })
        }
        expect((await commits()).filter(({ status }) => status === 'failed')).toEqual([])
      },
    )

    it.runIf(hasChromium && folder === reacts['React 19'])(
      'shows a run whose component was hidden in the turn that started it, once it is shown again',
      async () => {
        const { runs, run } = counting()
        const { show, shows, call } = await open({ count: { run, lingerMs: Number.POSITIVE_INFINITY } })
        await show('Hiding')
        await call('startAndHide', 3)
        await until(() => runs.started === 1 && runs.running === 0, 'it had run')
        await call('reveal')
        await shows({ status: 'done', numbers: [1, 2, 3] })
      },
    )

    it.runIf(hasChromium)('cancels a run in the handler that started it', async () => {
      const { runs, run } = counting()
      const { show, shows, call, heard } = await open({ count: { run } })
      await show('Count')
      await call('startAndCancel', 1e9)
      await until(async () => (await heard()).length > 0, 'it had ended')
      expect([await heard(), runs.running]).toEqual([['cancelled'], 0])
      await shows({ status: 'failed', code: 'cancelled' })
    })

    it.runIf(hasChromium)('detaches from a run that another id replaces in the same render', async () => {
      const { run } = counting()
      const { show, shows, call, heard } = await open({ count: { run, lingerMs: 60_000 } })
      await show('Count')
      const first = await call('start', 3)
      await shows({ id: first, status: 'done' })
      await call('start', 4)
      await shows({ status: 'done', total: 4 })
      await call('startAndChoose', 1e9, first)
      await shows({ id: first, status: 'done', numbers: [1, 2, 3] })
      await until(async () => (await heard()).includes('aborted'), 'it was detached from')
    })

    it.runIf(hasChromium)('reads a run as its only reader while StrictMode repeats its effects', async () => {
      const { runs, run } = counting()
      const { url, show, shows, unmount, subscriptions } = await open({ count: { run, lingerMs: 2_000 } })
      const other = connect(url).client
      const { id } = other.count({ to: 1e9 })
      await until(() => runs.running === 1, 'it ran')
      await show('Count', { id })
      await shows({ id, status: 'running' })
      await subscriptions(2)
      // From now on, the page is the only reader.
      other.close()
      await subscriptions(1)
      await show('Count', { id })
      await pause(100)
      expect(runs).toEqual({ started: 1, running: 1 })
      await unmount()
      await until(() => runs.running === 0, 'the server had ended it')
    })

    it.runIf(hasChromium)('continues after a lost connection', async () => {
      const { run } = counting()
      const { show, shows, call, cut, shown } = await open({ count: { run } })
      await show('Count')
      await call('start', 300)
      await until(async () => JSON.stringify(await shown()).includes('5'), 'it had begun')
      cut()
      await shows({ status: 'done', numbers: Array.from({ length: 300 }, (_, index) => index + 1) })
    })
  })

  it.runIf(hasChromium)('useConnection shows the state of the connection while it is mounted', async () => {
    const { show, commits, evaluate, shows, cut, unmount, subscriptions, tidings } = await open()
    await evaluate(({ client: { connection }, heard }) => {
      const on = connection.on.bind(connection)
      connection.on = (...given) => {
        heard.push('listener')
        const off = on(...given)
        const stop = () => {
          off()
          heard.pop()
        }
        return Object.assign(stop, off)
      }
    })
    const listeners = async () => (await evaluate(({ heard }) => heard)).length
    await show('ConnectionStatus')
    await shows({ status: 'idle' })
    expect(await listeners()).toBe(1)
    expect(tidings.stats()).toMatchObject({ subscriptions: 0, connections: 0 })
    await evaluate(({ client }) => {
      Object.assign(globalThis, { stop: client.ticks().on('tick', () => {}) })
    })
    await shows({ status: 'open' })
    cut()
    await until(async () => (await commits()).some(({ status }) => status === 'waiting'), 'it was lost')
    await shows({ status: 'open' })
    await show('ConnectionStatus', { isOther: true })
    await shows({ isOther: true, status: 'idle' })
    expect(await listeners()).toBe(0)
    await show('ConnectionStatus')
    await shows({ isOther: false, status: 'open' })
    await unmount()
    expect(await listeners()).toBe(0)
    // The hook held no subscription of its own.
    await subscriptions(1)
    await evaluate(() => (globalThis as unknown as { stop(): void }).stop())
    await until(() => tidings.stats().connections === 0, 'the connection was closed')
    await subscriptions(0)
  })

  it.runIf(hasChromium)(
    'every hook keeps its state while its component is suspended, and a first render that suspends leaks nothing',
    async () => {
      const rest: (() => void)[] = []
      let runs = 0
      const { show, shows, subscriptions, call, page, tidings, controls, heard, cut, unmount } = await open({
        room: { snapshot: () => ({ messages: ['first'] }) },
        count: async function* ({ input }) {
          runs += 1
          yield { type: 'number', data: 1 }
          await new Promise<void>((resolve) => rest.push(resolve))
          yield { type: 'number', data: 2 }
          return { total: input.to }
        },
      })
      await show('Suspending', { startsSuspended: true })
      await page.getByText('waiting').waitFor()
      expect(tidings.stats()).toMatchObject({ subscriptions: 0, connections: 0 })
      await call('resumeFirst')
      await shows({ messages: ['first'], run: 'idle', connection: 'open' })
      await subscriptions(1)
      await call('start', 2)
      await shows({ run: 'running', numbers: [1] })
      await subscriptions(2)
      const before = controls()
      await call('suspend')
      await page.getByText('waiting').waitFor()
      await tidings.emit.room(room('a')).typing('ada')
      await call('send', 'hi')
      await until(async () => (await heard()).length === 1, 'the handler was called')
      expect([tidings.stats().subscriptions, runs, controls()]).toEqual([2, 1, before])
      rest[0]?.()
      await subscriptions(1)
      await call('resume')
      const all = { messages: ['first', 'ada'], text: 'hi', run: 'done', numbers: [1, 2], connection: 'open' }
      await shows(all)
      expect([tidings.stats().subscriptions, runs, controls()]).toEqual([1, 1, before])
      await call('suspend')
      await page.getByText('waiting').waitFor()
      cut()
      await tidings.emit.room(room('a')).typing('bob')
      await until(async () => (await heard()).length === 2, 'the connection had returned')
      await call('resume')
      await shows({ ...all, messages: ['first', 'ada', 'bob'] })
      await unmount()
      await subscriptions(0)
    },
  )
})
