import type { AddressInfo } from 'node:net'
import type { ClientOptions } from '@tidings/client'
import { createTestServer } from '@tidings/server/testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { modulesOf, type PageModules } from './load-blocks.js'

/** The client that the blocks' `createClient(contract, { url: '/events' })` returns. */
let clientOfPage: unknown

vi.mock('@tidings/client', async (original) => {
  const client = await original<typeof import('@tidings/client')>()
  const createClient = (contract: never, options: ClientOptions) =>
    options.url === '/events' ? clientOfPage : client.createClient(contract, options)
  return { ...client, createClient }
})
// The servers of the blocks are test servers.
vi.mock('@tidings/server', async (original) => ({
  ...(await original<typeof import('@tidings/server')>()),
  createServer: createTestServer,
}))

/** Creates a test server of a contract that a block declares, whose types no file has. */
// biome-ignore lint/suspicious/noExplicitAny: see above
const serverOf = createTestServer as (contract: unknown, ...rest: unknown[]) => any

const as = (user: string) => ({ headers: { cookie: `user=${user}` } })
const lobby = { roomId: 'lobby' }
const error = () => {}

interface Note {
  readonly id: string
  readonly text: string
}

function withEvent(notes: readonly Note[], { type, data }: { type: 'added' | 'read'; data: Note }): Note[] {
  const others = notes.filter(({ id }) => id !== data.id)
  return type === 'added' ? [...others, data] : others
}

let page: PageModules
beforeEach(() => {
  vi.resetModules()
})
afterEach(() => page[Symbol.asyncDispose]())

describe('docs/recipes.md', () => {
  beforeEach(async () => {
    page = await modulesOf('docs/recipes.md')
  })

  it('shows who is online, once, until 45 seconds after they were last here', async () => {
    const { presence, presenceHandlers, sweep } = await page.load('presence.ts')
    const context = ({ headers }: { headers: Headers }) => ({ name: headers.get('cookie')?.slice(5) ?? '' })
    await using server = serverOf(presence, { context }, presenceHandlers)
    const ada = server.client(as('ada'))
    clientOfPage = ada
    const { names } = await page.load('who-is-online')
    await expect.poll(() => names.value).toEqual(['ada'])
    const grace = server.client(as('grace'))
    await grace.here(lobby)
    await expect.poll(() => names.value).toEqual(['ada', 'grace'])

    // The page says that it is here, and Grace does not.
    await server.clock.advance(44_000)
    sweep(server.emit)
    await grace.here(lobby)
    await server.clock.advance(30_000)
    sweep(server.emit)
    expect(names.value).toEqual(['ada', 'grace'])
    await server.clock.advance(16_000)
    sweep(server.emit)
    await expect.poll(() => names.value).toEqual(['ada'])

    server.network.cut(ada)
    await server.clock.advance(46_000)
    sweep(server.emit)
    expect(server.all(grace.online(lobby)).at(-1)).toEqual({ type: 'left', data: 'ada' })
  })

  it('brings a notification to the pages of its user, and to no other', async () => {
    const { inboxes, notify } = await page.load('notifications.ts')
    await using server = inboxes
    const inbox = { userId: 'ada' }
    const pages = [server.client(as('ada')), server.client(as('ada'))] as const
    const unread = pages.map((client) => client.inbox(inbox).state(withEvent))
    const texts = () => unread.map(({ value }) => value?.map(({ text }: Note) => text))
    await notify('ada', 'before a page is open')
    for (const each of unread) await each.ready
    await notify('ada', 'while it is open')
    const [before, during] = ['before a page is open', 'while it is open']
    await expect.poll(texts).toEqual([
      [before, during],
      [before, during],
    ])

    const [first] = unread[0]?.value ?? []
    await pages[0].markRead({ id: first?.id ?? '' })
    await expect.poll(texts).toEqual([[during], [during]])

    const eve = server.client(as('eve')).inbox(inbox).subscribe({ error })
    await expect(eve.ready).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('resizes what the same user has uploaded, and reports a refused upload', async () => {
    const { uploadServer, web } = await page.load('uploads.ts')
    await using server = uploadServer
    const listening = web.listen(0, '127.0.0.1')
    onTestFinished(() => void listening.close())
    await new Promise((resolve) => listening.once('listening', resolve))
    const { port } = listening.address() as AddressInfo
    const paths: string[] = []
    const { fetch } = globalThis
    vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
      paths.push(path)
      return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { cookie: 'user=ada' } })
    })
    onTestFinished(() => void vi.unstubAllGlobals())

    const ada = server.client(as('ada'))
    clientOfPage = ada
    const { upload } = await page.load('uploads-with-progress')
    const shares: number[] = []
    expect(await upload(new File(['four'], 'four.png'), (share: number) => shares.push(share))).toMatch(
      /^\/files\/ada\//,
    )
    expect(shares).toEqual([0.25, 0.5, 0.75, 1])
    await expect(upload(new File(['text'], 'a.txt'), () => {})).rejects.toMatchObject({
      code: 'not_an_image',
    })

    const runs = server.stats().runs
    const large = new File([new Uint8Array(20 * 1024 * 1024 + 1)], 'large.png')
    await expect(upload(large, () => {})).rejects.toThrow('413')
    expect(server.stats().runs).toEqual(runs)

    const uploadId = paths[0]?.split('/').at(-1) ?? ''
    await expect(ada.process({ uploadId }).output).resolves.toEqual({ url: `/files/ada/${uploadId}` })
    await expect(server.client(as('eve')).process({ uploadId }).output).rejects.toMatchObject({
      code: 'unknown_upload',
    })
  })

  it('loads a list in pages, and shows the newest version of each item', async () => {
    const { orders } = await page.load('orders.ts')
    const all = Array.from({ length: 120 }, (_, at) => ({ id: `${at}`, status: 'new', version: 1 }))
    let loaded = () => {}
    await using server = serverOf(orders, {
      page: async ({ input: { after, size } }: { input: { after?: string; size: number } }) => {
        const from = after === undefined ? 0 : Number(after)
        const part = all.slice(from, from + size)
        loaded()
        await new Promise((resolve) => setTimeout(resolve, 20))
        return { orders: part, next: from + size < all.length ? `${from + size}` : undefined }
      },
    })
    const ship = async (at: number) => {
      const old = all[at]
      if (!old) throw new Error(`There is no order ${at}`)
      all[at] = { ...old, status: 'shipped', version: old.version + 1 }
      await server.emit.changes().changed(all[at])
    }
    // Changes while the first page is on its way, which has the old version.
    loaded = () => {
      loaded = () => {}
      void ship(7)
    }
    const client = server.client()
    clientOfPage = client
    const { more, shown } = await page.load('pages-with-live-updates')
    expect(shown.size).toBe(50)
    expect(shown.get('7')?.status).toBe('shipped')
    await more()
    await more()
    expect(shown.size).toBe(120)
    await ship(100)
    await expect.poll(() => shown.get('100')?.status).toBe('shipped')

    // More events than the history keeps: the page loads again.
    server.network.cut(client)
    await ship(3)
    for (let times = 0; times < 300; times += 1) await ship(90)
    server.network.restore(client)
    await server.clock.advance(30_000)
    await expect.poll(() => shown.get('3')?.status).toBe('shipped')
    expect(shown.size).toBe(50)
  })
})

describe('docs/from-socket-io.md', () => {
  beforeEach(async () => {
    page = await modulesOf('docs/from-socket-io.md')
  })

  it('has a room that refuses a text which is too long', async () => {
    const { chatServer } = await page.load('a-room-after')
    await using server = chatServer
    const ada = server.client()
    const { id } = await ada.send({ ...lobby, text: 'hello' })
    expect(await server.next(ada.room(lobby), 'message')).toEqual({ id, text: 'hello' })
    await expect(ada.send({ ...lobby, text: 'x'.repeat(2_001) })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })
})
