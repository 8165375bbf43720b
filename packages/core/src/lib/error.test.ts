import { describe, expect, test, vi } from 'vitest'
import { errorCodes, isErrorCode, isTidingsError, TidingsError } from './error.js'

const message = 'No such room'

describe('a TidingsError', () => {
  test.each([
    ['bad_request', 400],
    ['invalid_input', 400],
    ['unauthorized', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['method_not_allowed', 405],
    ['timeout', 408],
    ['gone', 410],
    ['cancelled', 410],
    ['payload_too_large', 413],
    ['unsupported_media_type', 415],
    ['too_many_requests', 429],
    ['internal', 500],
    ['unavailable', 503],
    ['interrupted', 503],
    ['invalid_output', 500],
    ['invalid_contract', 500],
    ['invalid_options', 500],
    ['network', 0],
    ['invalid_response', 0],
    ['aborted', 0],
    ['closed', 0],
  ])('with the code %s has the status %i', (code, status) => {
    expect(new TidingsError({ code, message }).status).toBe(status)
    expect(isErrorCode(code)).toBe(true)
    expect(errorCodes).toContain(code)
  })

  test('has a message of its own if it is given none', () => {
    const error = new TidingsError({ code: 'unauthorized' })
    expect([error.message, error.status]).toEqual(['Refused: unauthorized', 401])
  })

  test('of a declared error has the status 422', () => {
    expect(new TidingsError({ code: 'muted', message }).status).toBe(422)
  })

  test('has the status given to it', () => {
    expect(new TidingsError({ code: 'muted', status: 409, message }).status).toBe(409)
    expect(new TidingsError({ code: 'not_found', status: 410, message }).status).toBe(410)
  })

  test.each(['constructor', 'toString', '__proto__', 'muted', ''])(
    'does not take %j for one of its own codes',
    (code) => {
      expect(isErrorCode(code)).toBe(false)
      expect(new TidingsError({ code, message }).status).toBe(422)
    },
  )

  test('is an Error with a name, a message and an optional cause', () => {
    const cause = new Error('disk full')
    const error = new TidingsError({ code: 'internal', message, cause })
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe('TidingsError: No such room')
    expect(error.cause).toBe(cause)
    expect('cause' in new TidingsError({ code: 'internal', message })).toBe(false)
  })
})

describe('isTidingsError', () => {
  test('recognises an error of another installed copy', async () => {
    vi.resetModules()
    const other: typeof import('./error.js') = await import('./error.js')
    expect(other.TidingsError).not.toBe(TidingsError)
    const error = new other.TidingsError({ code: 'not_found', message })
    expect(error).not.toBeInstanceOf(TidingsError)
    expect(isTidingsError(error)).toBe(true)
    expect(other.isTidingsError(new TidingsError({ code: 'not_found', message }))).toBe(true)
  })

  test('recognises subclasses', () => {
    class NotFound extends TidingsError<'not_found'> {}
    expect(isTidingsError(new NotFound({ code: 'not_found', message }))).toBe(true)
  })

  test.each([
    ['another error', new Error(message)],
    ['an object with the same fields', { name: 'TidingsError', code: 'not_found', status: 404, message }],
    ['its copy without the marker', { ...new TidingsError({ code: 'not_found', message }) }],
    ['null', null],
    ['undefined', undefined],
    ['text', 'TidingsError'],
    ['a function', () => new TidingsError({ code: 'not_found', message })],
  ])('does not recognise %s', (_what, value) => {
    expect(isTidingsError(value)).toBe(false)
  })
})
