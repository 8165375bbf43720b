import { MutationObserver } from '@tanstack/query-core'
import { expect, it } from 'vitest'
import { commandMutation, runQuery, topicQuery } from '../src/tanstack-query.js'
import { mockClient } from '../src/testing.js'
import { contract } from './contract.js'
import { cacheOf, observe } from './tanstack.js'

it('queries and mutations are tested without a server', async () => {
  await using mock = mockClient(contract)
  const { client } = mock
  const queryClient = cacheOf()
  const lobby = { roomId: 'lobby' }
  const room = observe(
    queryClient,
    topicQuery(client.room(lobby), (state, event) =>
      event.type === 'typing' ? { messages: [...state.messages, event.data] } : state,
    ),
  )
  await mock.emit.room(lobby).snapshot({ messages: ['before'] })
  expect(room.result().data).toEqual({ messages: ['before'] })
  await mock.emit.room(lobby).typing('ada')
  expect(room.result().data).toEqual({ messages: ['before', 'ada'] })

  mock.on.send(async ({ text }) => ({ text, sentAt: new Date(0) }))
  const send = new MutationObserver(queryClient, commandMutation(client.send))
  expect(await send.mutate({ text: 'hi' })).toEqual({ text: 'hi', sentAt: new Date(0) })

  const count = observe(queryClient, runQuery(client.count, { input: { to: 1 } }))
  await expect.poll(() => mock.calls.count).toEqual([{ to: 1 }])
  await mock.run.count().emit.number(1)
  expect(count.result().data?.value).toEqual([{ type: 'number', data: 1 }])

  queryClient.clear()
  await expect.poll(() => mock.topics).toEqual([])
})
