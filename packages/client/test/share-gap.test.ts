import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../src/index.js'
import { contract } from './contract.js'
import { fakeLocks } from './locks.js'
import { scriptedServer } from './scripted-server.js'

it('delivers to a tab that joins after the history was lost', async () => {
  fakeLocks()
  const { origin, asked, accept, send } = await scriptedServer()
  const open = () => {
    const client = createClient(contract, { url: origin, share: true })
    onTestFinished(() => client.close())
    const received: (number | string)[] = []
    client.ticks().subscribe({
      tick: (n) => received.push(n),
      gap: ({ reason }) => received.push(reason),
    })
    return { received, status: () => client.connection.state.status }
  }
  const first = open()
  await asked(1)
  accept('ticks', 'a', 'a.0')
  send('tick', 'a.1', 1)
  await until(() => first.received.length === 1, 'the first tab received an event')
  send('$gap', 'b.5', { reason: 'history_lost', cursor: 'b.5', topic: 'ticks' })
  await until(() => first.received.length === 2, 'the first tab received the gap')
  const second = open()
  await until(() => second.status() === 'open', 'the second tab was open')
  send('tick', 'b.6', 6)
  await until(() => first.received.length === 3, 'the first tab continued')
  await until(() => second.received.length === 1, 'the second tab received the event')
  expect(first.received).toEqual([1, 'history_lost', 6])
  expect(second.received).toEqual([6])
})
