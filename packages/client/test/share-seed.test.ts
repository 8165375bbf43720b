import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../src/index.js'
import { contract } from './contract.js'
import { startServer } from './harness.js'
import { fakeLocks } from './locks.js'

const lobby = { roomId: 'lobby' }

/** A server, and tabs that share a connection to it. */
async function start() {
  fakeLocks()
  const messages: string[] = []
  let loads = 0
  const { url, tidings } = await startServer({
    room: {
      snapshot: () => {
        loads += 1
        return { messages: [...messages] }
      },
    },
  })
  const say = async (text: string) => {
    messages.push(text)
    await tidings.emit.room(lobby).typing(text)
  }
  const render = () => tidings.snapshot.room(lobby)
  /** Opens a tab whose page was rendered with a seed. */
  const open = async (seed: Awaited<ReturnType<typeof render>>) => {
    const client = createClient(contract, { url, share: true, lingerMs: 0 })
    onTestFinished(() => client.close())
    const gaps: string[] = []
    const state = client.room(lobby).state(
      (all: string[], event) => {
        if (event.type === 'gap') gaps.push(event.data.reason)
        if (event.type === 'snapshot') return event.data.messages
        return event.type === 'typing' ? [...all, event.data] : all
      },
      { initial: [], seed },
    )
    await state.ready
    const shows = () =>
      until(() => state.value.length >= messages.length && state.isCurrent, 'it shows everything')
    return { state, gaps, shows }
  }
  return { tidings, messages, say, render, open, loads: () => loads }
}

it('continues each tab from its own seed, whichever of them leads', async () => {
  const { tidings, messages, say, render, open, loads } = await start()
  const oldest = await render()
  await say('one')
  const older = await render()
  await say('two')
  const newest = await render()
  await say('three')
  // The leader begins in the middle: the others are behind it, and ahead of what it has received.
  const tabs = [await open(older), await open(newest)]
  await say('four')
  tabs.push(await open(oldest))
  await say('five')
  for (const { shows } of tabs) await shows()
  expect(tabs.map(({ state }) => state.value)).toEqual([messages, messages, messages])
  expect(tabs.flatMap(({ gaps }) => gaps)).toEqual([])
  expect([loads(), tidings.stats().subscriptions]).toEqual([3, 1])
})

it('gives a gap and a snapshot to the tab alone whose seed is of a lost history', async () => {
  const { messages, say, render, open, loads } = await start()
  const { value, cursor } = await render()
  const leader = await open({ value, cursor })
  await say('one')
  await leader.shows()
  const lost = await open({ value: { messages: ['lost'] }, cursor: `lost.${cursor.split('.')[1]}` })
  await lost.shows()
  await say('two')
  for (const { shows } of [leader, lost]) await shows()
  expect([leader.state.value, lost.state.value]).toEqual([messages, messages])
  expect([leader.gaps, lost.gaps, loads()]).toEqual([[], ['history_lost'], 2])
})
