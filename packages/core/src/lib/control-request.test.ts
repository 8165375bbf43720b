import { describe, expect, test } from 'vitest'
import { decodeControlRequest } from './control-request.js'

describe('a control request', () => {
  test('is decoded as it was sent', () => {
    const request = {
      sequence: 1,
      operations: [
        { subscribe: 'room', cursor: 'k3.7' },
        { subscribe: 'other' },
        { unsubscribe: 'third' },
        { snapshot: 'fourth' },
        { unsubscribe: 'complete?$run=1123456789abcdef0123456789abcdef', lost: true },
        { pause: 'complete?$run=0123456789abcdef0123456789abcdef' },
        { echo: '1', headers: ['last-event-id', 'x-tenant'] },
      ],
    }
    expect(decodeControlRequest(JSON.parse(JSON.stringify(request)))).toEqual(request)
    expect(decodeControlRequest({ operations: [] })).toEqual({ operations: [] })
  })

  test.each([
    [null],
    [{}],
    [{ operations: [{}] }],
    [{ operations: [{ subscribe: '' }] }],
    [{ operations: [{ subscribe: 'a', unsubscribe: 'a' }] }],
    [{ operations: [{ unsubscribe: 'a', cursor: 'k3.7' }] }],
    [{ operations: [{ unsubscribe: 'a', lost: false }] }],
    [{ operations: [{ pause: '' }] }],
    [{ operations: [{ pause: 'a', cursor: 'k3.7' }] }],
    [{ operations: [{ echo: '' }] }],
    [{ operations: [{ echo: 'x'.repeat(65) }] }],
    [{ operations: [{ echo: '1', headers: ['a b'] }] }],
    [{ operations: [{ echo: '1', headers: Array(33).fill('a') }] }],
    [{ operations: [], more: 1 }],
    [{ sequence: 0, operations: [] }],
    [{ sequence: 1.5, operations: [] }],
  ])('is refused when malformed: %j', (json) => {
    expect(() => decodeControlRequest(json)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        message: expect.stringContaining('the control request'),
      }),
    )
  })
})
