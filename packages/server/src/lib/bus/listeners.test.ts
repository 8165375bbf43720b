import { expect, it } from 'vitest'
import { Listeners } from './listeners.js'

it('notifies the functions of a name, one that was added twice twice', () => {
  const listeners = new Listeners<number>()
  const received: number[] = []
  const listener = (message: number) => received.push(message)
  const remove = listeners.add('a', listener)
  listeners.add('a', listener)
  listeners.add('b', () => received.push(-1))
  listeners.notify('a', 1)
  listeners.notify('c', 2)
  expect(received).toEqual([1, 1])
  remove()
  remove()
  listeners.notify('a', 3)
  expect(received).toEqual([1, 1, 3])
  expect(listeners.count('a')).toBe(1)
})

it('notifies a function that is removed meanwhile, and none that is added', () => {
  const listeners = new Listeners<string>()
  const received: string[] = []
  listeners.add('a', (message) => {
    removeSecond()
    listeners.add('a', () => received.push('added'))
    received.push(message)
  })
  const removeSecond = listeners.add('a', (message) => received.push(message))
  listeners.notify('a', 'x')
  expect(received).toEqual(['x', 'x'])
})
