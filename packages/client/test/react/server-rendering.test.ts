import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import { useCommand, useConnection, useEvents, useRun, useTopic } from '../../src/react.js'
import { connect, startServer } from '../harness.js'

it('renders the seed or the initial value on a server, and makes no request', async () => {
  const { url, requests } = await startServer()
  const { client } = connect(url)
  const seed = { value: { messages: ['from the seed'] }, cursor: 'e.5' }
  function Page() {
    const room = client.room({ roomId: 'a' })
    const seeded = useTopic(room, (last) => last, { seed })
    const plain = useTopic(room, (last) => last)
    const ticks = useTopic(client.ticks(), (last: number) => last, { initial: 7 })
    useEvents(room, { typing: () => {} })
    const send = useCommand(client.send)
    const run = useRun(client.count, { id: '0123456789abcdef0123456789abcdef' })
    const { status } = useConnection(client)
    return JSON.stringify([
      [seeded.value, seeded.isCurrent],
      [plain.value ?? null, plain.isCurrent],
      ticks.value,
      [send.isPending, run.status, run.events, status],
    ])
  }
  const text = renderToString(createElement(Page)).replaceAll('&quot;', '"')
  expect(JSON.parse(text)).toEqual([
    [{ messages: ['from the seed'] }, true],
    [null, false],
    7,
    [false, 'running', [], 'idle'],
  ])
  expect(requests).toEqual([])
})
