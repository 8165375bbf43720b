// handlers.test.ts
import { createTestServer } from '@tidings/server/testing'
import { expect, it } from 'vitest'
import { contract } from './contract.js'
import { type Context, createHandlers } from './handlers.js'

const lobby = { roomId: 'lobby' }
const hello = { ...lobby, author: 'ada', text: 'hello' }
const context = ({ headers }: { headers: Headers }): Context => ({ user: headers.get('authorization') })

it('sends a message to its room', async () => {
  await using server = createTestServer(contract, { context }, createHandlers())
  const ada = server.client()
  const sent = await ada.send(hello)
  expect(await server.next(ada.room(lobby), 'message')).toEqual(sent)
})

it('lets only members into the staff room', async () => {
  await using server = createTestServer(contract, { context }, createHandlers())
  const staff = { roomId: 'staff' }
  const ada = server.client({ headers: { authorization: 'Bearer ada' } })
  await ada.room(staff).subscribe({}).ready
  const eve = server
    .client()
    .room(staff)
    .subscribe({ error: () => {} })
  await expect(eve.ready).rejects.toMatchObject({ code: 'forbidden' })
})

it('mutes an author for a minute', async () => {
  await using server = createTestServer(contract, { context }, createHandlers())
  const ada = server.client()
  await expect(ada.send({ ...hello, text: 'spam' })).rejects.toMatchObject({ code: 'muted' })
  await server.clock.advance(59_000)
  await expect(ada.send(hello)).rejects.toMatchObject({ code: 'muted' })
  await server.clock.advance(1_000)
  await ada.send(hello)
})

it('delivers what was sent while a client was offline', async () => {
  await using server = createTestServer(contract, { context }, createHandlers())
  const [ada, eve] = [server.client(), server.client()]
  const texts: string[] = []
  await eve.room(lobby).on('message', ({ text }) => texts.push(text)).ready
  server.network.cut(eve)
  await ada.send(hello)
  server.network.restore(eve)
  await server.clock.advance(30_000) // the longest wait before a client connects again
  expect(texts).toEqual(['hello'])
})

it('runs a command once, although its answer was lost', async () => {
  await using server = createTestServer(contract, { context }, createHandlers())
  const ada = server.client()
  server.network.lose(ada, 'response')
  await ada.send(hello)
  expect(server.all(ada.room(lobby))).toHaveLength(1)
})

it('reports a bug', async () => {
  const send = () => {
    throw new Error('the database is down')
  }
  await using server = createTestServer(contract, { context }, { ...createHandlers(), send })
  await expect(server.client().send(hello)).rejects.toMatchObject({ code: 'internal' })
  await server.expectError('database') // without it, the end of the test throws
})
