import type * as z from 'zod'

/** A mistake in a value: where it is, and a sentence about it. */
export interface FieldIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Returns the key of a path, by which a form finds the issues of a field. */
export function pathKey(path: readonly (string | number)[]): string {
  return JSON.stringify(path)
}

/** Returns the issues of a value by zod, each in plain English and at the field that it is about. */
export function issuesOf(schema: z.ZodType, value: unknown): FieldIssue[] {
  const result = schema.safeParse(value)
  if (result.success) return []
  // A format has a pattern too, of which its name says more.
  const formats = new Set(result.error.issues.filter(isFormat).map(({ path }) => path.join('.')))
  return result.error.issues
    .filter(
      (issue) => isFormat(issue) || issue.code !== 'invalid_format' || !formats.has(issue.path.join('.')),
    )
    .flatMap((issue) => plainIssues(issue, value, []))
}

function isFormat(issue: Issue): boolean {
  return issue.code === 'invalid_format' && issue.format !== 'regex'
}

type Issue = z.core.$ZodIssue

/** @param given the value that the issue's path begins at */
function plainIssues(issue: Issue, given: unknown, prefix: readonly (string | number)[]): FieldIssue[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  const part = partAt(given, issue.path)
  if (issue.code === 'invalid_union') {
    const nearest = nearestOption(issue.errors)
    if (nearest) return nearest.flatMap((inner) => plainIssues(inner, part, path))
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: `The contract has no "${key}" here` }))
  }
  return [{ path, message: plainMessage(issue, part) }]
}

/** Returns the part of a value at a path. zod's issues do not have it. */
function partAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (part, step) => (typeof part === 'object' && part !== null ? Reflect.get(part, step) : undefined),
    value,
  )
}

/** Returns the issues of the alternative that a value was probably meant for: the one whose kind and constants it has. */
function nearestOption(options: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const doubt = (issues: readonly Issue[]) =>
    issues.filter(
      ({ code, path }) => (code === 'invalid_type' && path.length === 0) || code === 'invalid_value',
    ).length
  let nearest: readonly Issue[] | undefined
  for (const issues of options) {
    if (issues.length > 0 && (!nearest || doubt(issues) < doubt(nearest))) nearest = issues
  }
  // With several that are all of another kind, the whole union says more than any of them.
  return nearest && doubt(nearest) > 0 && options.length > 1 && nearest[0]?.path.length === 0
    ? undefined
    : nearest
}

function plainMessage(issue: Issue, given: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (given === undefined) return 'Required'
      return `Expected ${types[issue.expected] ?? issue.expected}`
    case 'too_small':
      return tooSmall(issue)
    case 'too_big':
      return tooBig(issue, given)
    case 'not_multiple_of':
      return `Enter a multiple of ${issue.divisor}`
    case 'invalid_value': {
      if (given === undefined) return 'Required'
      const [only] = issue.values
      if (issue.values.length === 1) return `Must be ${JSON.stringify(only)}`
      return `Choose one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    }
    case 'invalid_format':
      return formatMessage(issue)
    case 'invalid_union':
      return given === undefined ? 'Required' : 'The value fits none of the alternatives'
    default:
      return issue.message
  }
}

function tooSmall(issue: Extract<Issue, { code: 'too_small' }>): string {
  const minimum = Number(issue.minimum)
  if (issue.origin === 'string') {
    return minimum === 1 ? 'Must not be empty' : `Enter at least ${minimum} characters`
  }
  if (issue.origin === 'array' || issue.origin === 'set') {
    return `Add ${minimum === 1 ? 'an item' : `items: at least ${minimum}`}`
  }
  return issue.inclusive === false ? `Must be more than ${minimum}` : `Must be ${minimum} or more`
}

function tooBig(issue: Extract<Issue, { code: 'too_big' }>, given: unknown): string {
  const maximum = Number(issue.maximum)
  if (issue.origin === 'string') {
    const length = typeof given === 'string' ? `, not ${given.length}` : ''
    return `Use at most ${maximum} ${maximum === 1 ? 'character' : 'characters'}${length}`
  }
  if (issue.origin === 'array' || issue.origin === 'set') return `Remove items: at most ${maximum}`
  return issue.inclusive === false ? `Must be less than ${maximum}` : `Must be ${maximum} or less`
}

const formats: Readonly<Record<string, string>> = {
  email: 'Enter an e-mail address: name@example.org',
  url: 'Enter an address: https://example.org',
  uri: 'Enter an address: https://example.org',
  uuid: 'Enter a UUID: 123e4567-e89b-42d3-a456-426614174000',
  guid: 'Enter a UUID: 123e4567-e89b-42d3-a456-426614174000',
  date: 'Enter a date: 2026-01-31',
  datetime: 'Enter a date and time: 2026-01-31T12:00:00Z',
  'date-time': 'Enter a date and time: 2026-01-31T12:00:00Z',
  time: 'Enter a time: 12:00:00',
  duration: 'Enter a duration: PT15M',
}

function formatMessage(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  const known = formats[issue.format]
  if (known !== undefined) return known
  if (issue.format === 'regex' && 'pattern' in issue) return `Must match ${issue.pattern}`
  return `Is not a valid ${issue.format}`
}

const types: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
  null: 'null',
}
