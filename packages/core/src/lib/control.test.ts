import { describe, expect, test } from 'vitest'
import { type ControlResponse, decodeControlRequest, decodeControlResponse } from './control.js'

const problem = { title: 'Forbidden', status: 403, detail: 'No', code: 'forbidden' }

describe('a control request', () => {
  test('is decoded as it was sent', () => {
    const request = {
      sequence: 1,
      operations: [
        { subscribe: 'room', cursor: 'k3.7' },
        { subscribe: 'other' },
        { unsubscribe: 'third' },
        { snapshot: 'fourth' },
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

describe('a control response', () => {
  const request = { operations: [{ subscribe: 'room' }, { unsubscribe: 'other' }] }

  test('is decoded as it was sent', () => {
    const response: ControlResponse = { results: [{ status: 'refused', problem }, { status: 'done' }] }
    expect(decodeControlResponse(JSON.stringify(response), request)).toEqual(response)
  })

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'has a malformed "results"'],
    ['{"results":{}}', 'has a malformed "results"'],
    ['{"results":[{},{"status":"done"}]}', 'has a malformed "results"'],
    ['{"results":[{"status":"refused"},{"status":"done"}]}', 'has a malformed "results"'],
    ['{"results":[{"status":"done"}]}', 'does not have one result for each operation'],
  ])('%s is refused', (text, message) => {
    expect(() => decodeControlResponse(text, request)).toThrow(
      expect.objectContaining({ code: 'invalid_response', message: expect.stringContaining(message) }),
    )
  })
})
