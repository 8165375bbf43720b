import { describe, expect, test } from 'vitest'
import { type ControlResponse, decodeControlResponse } from './control-response.js'

const problem = { title: 'Forbidden', status: 403, detail: 'No', code: 'forbidden' }

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
