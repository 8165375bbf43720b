import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { errorCodes, fromProblem, isErrorCode, isTidingsError, TidingsError, toProblem } from './problem.js'

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
    ['payload_too_large', 413],
    ['unsupported_media_type', 415],
    ['too_many_requests', 429],
    ['internal', 500],
    ['unavailable', 503],
    ['invalid_output', 500],
    ['invalid_contract', 500],
    ['invalid_options', 500],
    ['network', 0],
    ['invalid_response', 0],
    ['aborted', 0],
    ['closed', 0],
  ])('of the code %s has the status %i', (code, status) => {
    expect(new TidingsError({ code, message }).status).toBe(status)
    expect(isErrorCode(code)).toBe(true)
    expect(errorCodes).toContain(code)
  })

  test('of a declared error has the status 422', () => {
    expect(new TidingsError({ code: 'muted', message }).status).toBe(422)
  })

  test('has the status its thrower chose', () => {
    expect(new TidingsError({ code: 'muted', status: 409, message }).status).toBe(409)
    expect(new TidingsError({ code: 'not_found', status: 410, message }).status).toBe(410)
  })

  test.each(['constructor', 'toString', '__proto__', 'muted', ''])(
    'has no code of its own called %j',
    (code) => {
      expect(isErrorCode(code)).toBe(false)
      expect(new TidingsError({ code, message }).status).toBe(422)
    },
  )

  test('is an Error with a name, a message and, if there is one, a cause', () => {
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
    const other: typeof import('./problem.js') = await import('./problem.js')
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
    ['what only looks like one', { name: 'TidingsError', code: 'not_found', status: 404, message }],
    ['its copy without the marker', { ...new TidingsError({ code: 'not_found', message }) }],
    ['null', null],
    ['undefined', undefined],
    ['text', 'TidingsError'],
    ['a function', () => new TidingsError({ code: 'not_found', message })],
  ])('does not recognise %s', (_what, value) => {
    expect(isTidingsError(value)).toBe(false)
  })
})

describe('a problem document', () => {
  test('has what others may know, and no more', () => {
    const error = new TidingsError({
      code: 'muted',
      message: 'You are muted',
      data: { until: '2024-01-01T00:00:00.000Z' },
      issues: [{ path: ['a', 0], message: 'Invalid input', code: 'invalid_type' }],
      retryAfterMs: 1_500,
      cause: new Error('password is hunter2'),
    })
    Object.assign(error, { user: 'ada', requestId: 'hunter2' })
    expect(JSON.parse(JSON.stringify(toProblem(error)))).toEqual({
      title: 'Unprocessable Content',
      status: 422,
      detail: 'You are muted',
      code: 'muted',
      data: { until: '2024-01-01T00:00:00.000Z' },
      issues: [{ path: ['a', 0], message: 'Invalid input', code: 'invalid_type' }],
      retryAfterMs: 1_500,
    })
  })

  test('tells nothing of the cause, nor where the error was made', () => {
    const cause = new Error('password is hunter2', { cause: new Error('deeper') })
    const text = JSON.stringify(toProblem(new TidingsError({ code: 'internal', message, cause })))
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('deeper')
    expect(text).not.toContain('problem.test')
  })

  test('tells of an issue where it is and what it is, and not the input', () => {
    const issues = [{ path: ['a'], message: 'Invalid input', input: 'hunter2', keys: ['hunter2'] }]
    const problem = toProblem(new TidingsError({ code: 'invalid_input', message, issues }))
    expect(problem.issues).toEqual([{ path: ['a'], message: 'Invalid input' }])
    expect(JSON.stringify(problem)).not.toContain('hunter2')
  })

  test('leaves out what the error does not have', () => {
    expect(Object.keys(toProblem(new TidingsError({ code: 'not_found', message })))).toEqual([
      'title',
      'status',
      'detail',
      'code',
    ])
  })

  test.each([0, 200, 302, 399, 600, 1e9, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'has a status of HTTP’s errors, also for an error with %d',
    (status) => {
      expect(toProblem(new TidingsError({ code: 'aborted', status, message }))).toMatchObject({
        status: 500,
        title: 'Internal Server Error',
      })
    },
  )

  test.each([
    [400, 'Bad Request'],
    [418, 'Client Error'],
    [429, 'Too Many Requests'],
    [503, 'Service Unavailable'],
    [599, 'Server Error'],
  ])('of status %i is titled %s', (status, title) => {
    expect(toProblem(new TidingsError({ code: 'muted', status, message }))).toMatchObject({ status, title })
  })

  test('is read as the error it was written from', () => {
    const init = fc.record(
      {
        code: fc.oneof(fc.constantFrom(...errorCodes), fc.string()),
        status: fc.integer({ min: 400, max: 599 }),
        message: fc.string(),
        data: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
        issues: fc.array(
          fc.record(
            {
              path: fc.array(fc.oneof(fc.string(), fc.nat())),
              message: fc.string(),
              code: fc.string(),
            },
            { requiredKeys: ['path', 'message'] },
          ),
        ),
        retryAfterMs: fc.nat(),
      },
      { requiredKeys: ['code', 'status', 'message'] },
    )
    fc.assert(
      fc.property(init, (init) => {
        const error = fromProblem(JSON.parse(JSON.stringify(toProblem(new TidingsError(init)))))
        expect(isTidingsError(error)).toBe(true)
        const { code, status, message, data, issues, retryAfterMs } = error as TidingsError
        const nothing = { data: undefined, issues: undefined, retryAfterMs: undefined }
        expect({ code, status, message, data, issues, retryAfterMs }).toEqual({ ...nothing, ...init })
      }),
      { numRuns: 200 },
    )
  })
})

describe('what is no problem document', () => {
  test.each([
    undefined,
    null,
    'not_found',
    404,
    true,
    [],
    {},
    { code: 'not_found' },
    { status: 404 },
    { code: 5, status: 404 },
    { code: 'not_found', status: '404' },
    { title: 'Not Found', status: 404, detail: 'as another server says it' },
  ])('is read as nothing: %j', (value) => {
    expect(fromProblem(value)).toBeUndefined()
  })

  test('never makes reading it throw', () => {
    const member = fc.anything()
    const almost = fc.record(
      {
        code: fc.oneof(fc.string(), member),
        status: fc.oneof(fc.double(), member),
        detail: member,
        data: member,
      },
      { requiredKeys: [] },
    )
    const rest = fc.record(
      { issues: fc.oneof(fc.array(member), member), retryAfterMs: member },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.tuple(almost, rest).map(([a, b]) => ({ ...a, ...b })),
        ),
        (value) => {
          const error = fromProblem(value)
          expect(error === undefined || isTidingsError(error)).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each([
    ['a message that is none', { detail: 5 }, { message: 'muted' }],
    ['issues that are none', { issues: 'many' }, { issues: undefined }],
    ['no time to wait', { retryAfterMs: '5' }, { retryAfterMs: undefined }],
    ['a time that was', { retryAfterMs: -1 }, { retryAfterMs: undefined }],
    ['a time without end', { retryAfterMs: JSON.parse('1e999') }, { retryAfterMs: undefined }],
  ])('may have in a member of it %s, which is left out', (_what, members, read) => {
    expect(fromProblem({ code: 'muted', status: 422, ...members })).toMatchObject(read)
  })

  test('may have issues that are none among others, which are left out', () => {
    const good = { path: ['a', 0], message: 'Invalid input', code: 'invalid_type' }
    const junk = [
      null,
      'a',
      {},
      { path: 'a', message: '' },
      { path: [], message: 5 },
      { path: [{}], message: '' },
    ]
    const issues = [...junk, good, { path: [], message: '', code: 5 }, [], { message: '' }]
    expect(fromProblem({ code: 'invalid_input', status: 400, issues })?.issues).toEqual([good])
  })
})
