import { describe, expect, test } from 'vitest'
import { isTidingsError } from './error.js'
import { eventDataOf } from './frame.js'
import { decodeSignal, encodeSignal } from './signals.js'

const problem = { title: 'Forbidden', status: 403, detail: 'No', code: 'forbidden' }

type Decoded = Parameters<typeof decodeSignal>[0]

function errorOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

test('a signal is an event with its name', () => {
  expect(encodeSignal('$gap', { reason: 'expired', cursor: 'k3.2' })).toBe(
    'event: $gap\ndata: {"reason":"expired","cursor":"k3.2"}\n\n',
  )
  expect(encodeSignal('$heartbeat', 0)).toBe('event: $heartbeat\ndata: 0\n\n')
  expect(encodeSignal('$output', undefined)).toBe('event: $output\ndata: null\n\n')
})

test('a signal is decoded as it was encoded', () => {
  const open = { heartbeatMs: 20_000, retryMs: 1_000, id: 'c1~n2' }
  const subscribed = { topic: 'room?id=a', epoch: 'k3', cursor: 'k3.7', request: 2 }
  const gap = { reason: 'expired', cursor: 'k3.2', topic: 'room?id=a' } as const
  const error = { ...problem, topic: 'room?id=a', snapshot: true } as const
  expect(decodeSignal('$open', eventDataOf(encodeSignal('$open', open)))).toEqual(open)
  expect(decodeSignal('$subscribed', eventDataOf(encodeSignal('$subscribed', subscribed)))).toEqual(
    subscribed,
  )
  expect(decodeSignal('$gap', eventDataOf(encodeSignal('$gap', gap)))).toEqual(gap)
  expect(decodeSignal('$error', eventDataOf(encodeSignal('$error', error)))).toEqual(error)
  const ended = { ...problem, topic: 'complete?$run=0123456789abcdef0123456789abcdef', ended: true } as const
  expect(decodeSignal('$error', eventDataOf(encodeSignal('$error', ended)))).toEqual(ended)
})

describe('decoding a signal', () => {
  test.each<[Decoded, string, object]>([
    ['$open', 'id', { heartbeatMs: 1, retryMs: 1 }],
    ['$open', 'id', { id: '../a' }],
    ['$open', 'id', { id: '..' }],
    ['$open', 'id', { id: '' }],
    ['$open', 'heartbeatMs', { id: 'a', heartbeatMs: '1' }],
    ['$open', 'heartbeatMs', { id: 'a', heartbeatMs: -1 }],
    ['$open', 'retryMs', { id: 'a', retryMs: 2 ** 31 }],
    ['$subscribed', 'topic', { epoch: 'k3' }],
    ['$subscribed', 'epoch', { topic: 'a', epoch: 'k 3' }],
    ['$subscribed', 'epoch', { topic: 'a' }],
    ['$subscribed', 'cursor', { topic: 'a', epoch: 'k3', cursor: 'k3' }],
    ['$subscribed', 'request', { topic: 'a', epoch: 'k3', request: '1' }],
    ['$gap', 'topic', { reason: 'expired', cursor: 'k3.2' }],
    ['$gap', 'reason', { topic: 'a', cursor: 'k3.2' }],
    ['$gap', 'cursor', { topic: 'a', reason: 'expired' }],
    ['$error', 'topic', { ...problem, topic: 1 }],
    ['$error', 'code', { status: 403 }],
    ['$error', 'status', { code: 'forbidden', status: '403' }],
  ])('%s refuses a malformed %s: %j', (name, field, payload) => {
    const error = errorOf(() => decodeSignal(name, JSON.stringify(payload)))
    expect(isTidingsError(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'invalid_response',
      message: expect.stringContaining(`${name} has a malformed "${field}": `),
    })
  })

  test.each([
    ['{', '$gap is not JSON: '],
    ['null', '$gap is null, not an object'],
    ['5', '$gap is 5, not an object'],
  ])('refuses %s', (data, message) => {
    const error = errorOf(() => decodeSignal('$gap', data))
    expect(error).toMatchObject({ code: 'invalid_response', message: expect.stringContaining(message) })
  })

  test('accepts fields and gap reasons of a newer server', () => {
    const gap = { topic: 'a', reason: 'moved', cursor: 'k3.2', since: 5 }
    expect(decodeSignal('$gap', JSON.stringify(gap))).toEqual(gap)
  })

  test('ignores fields of a prototype', () => {
    expect(errorOf(() => decodeSignal('$gap', '[]'))).toMatchObject({ code: 'invalid_response' })
    const text = '{"__proto__":{"topic":"a","reason":"expired","cursor":"k3.2"}}'
    expect(errorOf(() => decodeSignal('$gap', text))).toMatchObject({ code: 'invalid_response' })
  })
})
