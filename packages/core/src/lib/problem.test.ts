import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCodes, isTidingsError, TidingsError } from './error.js'
import { fromProblem, toProblem } from './problem.js'

const message = 'No such room'

describe('a problem document', () => {
  test('contains the allowed fields of an error, and no others', () => {
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

  test('contains neither the cause nor the stack', () => {
    const cause = new Error('password is hunter2', { cause: new Error('deeper') })
    const text = JSON.stringify(toProblem(new TidingsError({ code: 'internal', message, cause })))
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('deeper')
    expect(text).not.toContain('problem.test')
  })

  test('contains the path and message of an issue, and not its input', () => {
    const issues = [{ path: ['a'], message: 'Invalid input', input: 'hunter2', keys: ['hunter2'] }]
    const problem = toProblem(new TidingsError({ code: 'invalid_input', message, issues }))
    expect(problem.issues).toEqual([{ path: ['a'], message: 'Invalid input' }])
    expect(JSON.stringify(problem)).not.toContain('hunter2')
  })

  test('omits the fields that the error does not have', () => {
    expect(Object.keys(toProblem(new TidingsError({ code: 'not_found', message })))).toEqual([
      'title',
      'status',
      'detail',
      'code',
    ])
  })

  test.each([0, 200, 302, 399, 600, 1e9, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'has an HTTP error status for an error of status %d',
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
  ])('of status %i has the title %s', (status, title) => {
    expect(toProblem(new TidingsError({ code: 'muted', status, message }))).toMatchObject({ status, title })
  })

  test('is parsed as the error it was written from', () => {
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

describe('a value that is not a problem document', () => {
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
  ])('is parsed as undefined: %j', (value) => {
    expect(fromProblem(value)).toBeUndefined()
  })

  test('never makes the parser throw', () => {
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
})

describe('the parser of a problem document', () => {
  test.each([
    ['a detail that is not text', { detail: 5 }, { message: 'muted' }],
    ['issues that are not a list', { issues: 'many' }, { issues: undefined }],
    ['a retryAfterMs that is not a number', { retryAfterMs: '5' }, { retryAfterMs: undefined }],
    ['a negative retryAfterMs', { retryAfterMs: -1 }, { retryAfterMs: undefined }],
    ['an infinite retryAfterMs', { retryAfterMs: JSON.parse('1e999') }, { retryAfterMs: undefined }],
  ])('drops %s', (_what, members, read) => {
    expect(fromProblem({ code: 'muted', status: 422, ...members })).toMatchObject(read)
  })

  test('drops malformed issues and keeps the others', () => {
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
