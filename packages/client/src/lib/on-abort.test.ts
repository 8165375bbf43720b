import { expect, it } from 'vitest'
import { onAbort } from './on-abort.js'

it('calls back once for a callback that is added while the signal fires', () => {
  const controller = new AbortController()
  const calls: string[] = []
  onAbort(controller.signal, () => {
    calls.push('first')
    onAbort(controller.signal, () => calls.push('added'))
  })
  controller.abort()
  expect(calls).toEqual(['first', 'added'])
})

it('does not call back after the callback was forgotten, by an earlier one included', () => {
  const controller = new AbortController()
  const calls: string[] = []
  let forget = () => {}
  onAbort(controller.signal, () => {
    calls.push('first')
    forget()
  })
  forget = onAbort(controller.signal, () => calls.push('forgotten'))
  controller.abort()
  expect(calls).toEqual(['first'])
})
