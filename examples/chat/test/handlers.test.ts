import { createTestServer } from '@tidings/server/testing'
import { expect, it } from 'vitest'
import { contract, type RoomId } from '../src/contract.js'
import { Bot } from '../src/server/bot.js'
import { chatHandlers } from '../src/server/handlers.js'
import { memoryStore } from '../src/server/memory-store.js'
import { replyTo } from '../src/server/reply.js'

const lobby = { roomId: 'lobby' } as const

/** The chat's handlers on a test server, and the messages that its bot would read. */
function startChat() {
  const store = memoryStore()
  const read: [RoomId, string][] = []
  const onMessage = (roomId: RoomId, text: string) => void read.push([roomId, text])
  const server = createTestServer(contract, chatHandlers({ store, node: undefined, tokenMs: 5, onMessage }))
  return { server, store, read }
}

it('sends a message to its room, and keeps it', async () => {
  const { server, store, read } = startChat()
  await using _ = server
  const ada = server.client()
  const sent = await ada.send({ ...lobby, author: ' Ada ', text: 'Hello' })
  expect(sent).toMatchObject({ author: 'Ada', text: 'Hello' })
  expect(await server.next(ada.room(lobby), 'message')).toEqual(sent)
  expect((await store.roomOf('lobby')).messages).toEqual([sent])
  expect(read).toEqual([['lobby', 'Hello']])
  const state = ada.room(lobby).state((room) => room)
  await state.ready
  await expect.poll(() => state.value).toEqual({ messages: [sent], answers: [] })
})

it('mutes the author of spam for half a minute', async () => {
  const { server } = startChat()
  await using _ = server
  const ada = server.client()
  const send = (text: string) => ada.send({ ...lobby, author: 'Ada', text })
  const until = new Date(server.clock.now() + 30_000)
  await expect(send('Buy now')).rejects.toMatchObject({ code: 'muted', message: 'That looked like spam' })
  await server.clock.advance(29_000)
  const refusal = await send('Hello').catch((error: unknown) => error)
  expect(ada.send.isError(refusal) && refusal.code === 'muted' && refusal.data.until >= until).toBe(true)
  await server.clock.advance(2_000)
  await send('Hello')
  expect(server.all(ada.room(lobby))).toMatchObject([{ type: 'message', data: { text: 'Hello' } }])
})

it('refuses the staff room to every user', async () => {
  const { server } = startChat()
  await using _ = server
  const entering = server
    .client()
    .room({ roomId: 'staff' })
    .subscribe({ error: () => {} })
  await expect(entering.ready).rejects.toMatchObject({ code: 'forbidden' })
})

it('has the bot answer in the room, also while its reader is offline', async () => {
  const { server, store } = startChat()
  await using _ = server
  const bot = new Bot(server, store, undefined)
  const ada = server.client()
  bot.read('lobby', '@bot hi')
  const { run } = await server.next(ada.room(lobby), 'answer')
  const answer = ada.complete.attach(run)
  server.network.cut(ada)
  const message = await server.next(ada.room(lobby), 'message')
  expect(message).toMatchObject({ id: run, author: 'bot', text: replyTo('hi').join('') })
  server.network.restore(ada)
  await server.clock.advance(5_000)
  expect(await answer.output).toEqual({ tokens: replyTo('hi').length })
  await bot.close()
})

it('has the bot answer the rest of each message that addresses it', async () => {
  const { server, store } = startChat()
  await using _ = server
  const bot = new Bot(server, store, undefined)
  const ignored = ['mail me at x@bot.com', 'the @bottle', 'a bot']
  for (const text of [...ignored, '@Bot hello', 'hello\n@bot', 'Well, @bot: hello', ' @bot '])
    bot.read('lobby', text)
  const hint = 'Write what I should answer: @bot hello'
  const answers = ['hello', 'hello', 'Well, hello'].map((prompt) => replyTo(prompt).join(''))
  const texts = async () => (await store.roomOf('lobby')).messages.map(({ text }) => text).toSorted()
  await expect.poll(texts).toEqual([hint, ...answers].toSorted())
  await bot.close()
})
