// room.test.tsx, in jsdom, happy-dom or a browser
import { mockClient } from '@tidings/client/testing'
import { TidingsError } from '@tidings/core'
import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it } from 'vitest'
import { contract } from './contract.js'
import { Room } from './room.js'

const lobby = { roomId: 'lobby' }
const hello = { id: '1', author: 'ada', text: 'hello', sentAt: new Date() }

async function render(mock: ReturnType<typeof mockClient<typeof contract>>) {
  const page = document.createElement('main')
  const root = createRoot(page)
  await act(async () => root.render(<Room client={mock.client} {...lobby} />))
  return { page, unmount: () => act(async () => root.unmount()) }
}

it('shows the messages of its room', async () => {
  await using mock = mockClient(contract)
  const { page, unmount } = await render(mock)
  expect(page.textContent).toBe('Loading')
  await act(() => mock.emit.room(lobby).snapshot({ messages: [] }))
  await act(() => mock.emit.room(lobby).message(hello))
  expect(page.querySelector('li')?.textContent).toBe('hello')
  await unmount()
})

it('says why it cannot be entered', async () => {
  await using mock = mockClient(contract)
  const { page, unmount } = await render(mock)
  const problem = new TidingsError({ code: 'forbidden', message: 'By invitation' })
  await act(() => mock.emit.room(lobby).error(problem))
  expect(page.textContent).toBe('By invitation')
  await unmount()
})

it('sends a message, and says why it was refused', async () => {
  await using mock = mockClient(contract, { room: () => ({ messages: [] }) })
  mock.on.send((_input, { fail }) => {
    throw fail('muted', { until: new Date() })
  })
  const { page, unmount } = await render(mock)
  await act(() => mock.settle())
  await act(async () => page.querySelector('button')?.click())
  await act(() => mock.settle())
  expect(page.textContent).toContain('muted')
  expect(mock.calls.send).toEqual([{ ...lobby, author: 'ada', text: 'hello' }])
  await unmount()
})
