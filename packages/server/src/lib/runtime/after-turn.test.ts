import { afterEach, beforeEach, expect, it, vi } from 'vitest'

beforeEach(() => vi.resetModules())
afterEach(() => vi.unstubAllGlobals())

/** Counts the messages that are sent, to see which way a task takes. */
function countMessages() {
  const post = vi.spyOn(MessagePort.prototype, 'postMessage')
  return { post, [Symbol.dispose]: () => post.mockRestore() }
}

it.each([
  { has: ['setImmediate', 'MessageChannel'], messages: 0 },
  { has: ['MessageChannel'], messages: 2 },
  { has: [], messages: 0 },
])('calls tasks in order, after the turn, with $has', async ({ has, messages }) => {
  const { setImmediate: turn } = globalThis
  for (const name of ['setImmediate', 'MessageChannel'])
    if (!has.includes(name)) vi.stubGlobal(name, undefined)
  using counted = countMessages()
  const { afterTurn } = await import('./after-turn.js')
  const calls: string[] = []
  afterTurn(() => calls.push('first'))
  queueMicrotask(() => calls.push('microtask'))
  await new Promise<void>((resolve) =>
    afterTurn(() => {
      calls.push('second')
      resolve()
    }),
  )
  expect(calls).toEqual(['microtask', 'first', 'second'])
  expect(counted.post).toHaveBeenCalledTimes(messages)
  await new Promise((resolve) => turn(resolve))
})
