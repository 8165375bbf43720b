import * as zod from 'zod/v4/core'
import { canonical } from './canonical.js'
import { completerOf } from './given.js'
import { type Issue, TidingsError } from './problem.js'
import { holds } from './schema-walk.js'
import type { Schema } from './types/schema.js'

/** The code of the error for a value that does not fit: it tells whose value that was. */
export type MisfitCode = 'invalid_input' | 'invalid_output' | 'invalid_response'

/**
 * Carries the values of one schema over the wire: out as JSON values, and back as what they were.
 *
 * Made once a schema, when the contract is compiled. Both throw a `TidingsError` with `code` and issues for a
 * value that does not fit; `what` names the value in its message.
 */
export interface Payload {
  /** Validates a value and gives its JSON form, without keys that the schema does not know. */
  encode(value: unknown, what: string, code?: MisfitCode): unknown
  /** Validates a JSON value and gives back what was sent. */
  decode(json: unknown, what: string, code?: MisfitCode): unknown
}

/** What a procedure without an input or output schema carries: nothing. */
export const nothing: Payload = {
  encode: () => undefined,
  decode: () => undefined,
}

/** What an event or error without a schema carries: no data. To give it some is a mistake. */
export const noData: Payload = {
  encode(value, what, code = 'invalid_output') {
    if (value === undefined) return undefined
    const message = `${what} takes no data but was given some. Declare a schema for it in the contract`
    throw new TidingsError({ code, message })
  },
  decode: () => undefined,
}

/** Makes the plan for one schema. */
export function payloadOf(schema: Schema): Payload {
  return planOf(schema, (value) => value)
}

/** Makes the plan for a schema whose values a caller gives, who may leave out whatever has a default. */
export function givenPayloadOf(schema: Schema): Payload {
  return planOf(schema, completerOf(schema))
}

/** Makes the plan for params, which a caller gives, and which are written in one way if they are equal. */
export function paramsPayloadOf(schema: Schema): Payload {
  return planOf(schema, completerOf(schema), canonical)
}

function planOf(
  schema: Schema,
  complete: (value: unknown) => unknown,
  context?: zod.ParseContext<zod.$ZodIssue>,
): Payload {
  // zod compiles `parse` and not `encode`; without a codec inside, both do the same.
  const encode = holds(schema, isTwoFormed) ? zod.safeEncode : zod.safeParse
  const plan: Payload = {
    encode: (value, what, code = 'invalid_output') =>
      fitting(() => encode(schema, complete(value), context), what, code),
    decode: (json, what, code = 'invalid_input') => fitting(() => zod.safeParse(schema, json), what, code),
  }
  return holds(schema, isRewriting) ? settled(plan) : plan
}

/**
 * Has what `trim()` and the like rewrite on the way out be what is read: a text that is empty once it is
 * trimmed may not fit any more, and one's own `overwrite` may rewrite again what it has rewritten.
 */
function settled(plan: Payload): Payload {
  const encode: Payload['encode'] = (value, what, code = 'invalid_output') => {
    const json = plan.encode(value, what, code)
    const read = plan.encode(plan.decode(json, what, code), what, code)
    if (JSON.stringify(read) === JSON.stringify(json)) return json
    const message = `${what} changes every time its schema's overwrite() runs. Make overwrite() leave its own result unchanged`
    throw new TidingsError({ code, message })
  }
  return { ...plan, encode }
}

/** Whether it is a check that rewrites values, such as `trim()`. */
function isRewriting({ _zod: { def } }: zod.$ZodTypes): boolean {
  return 'check' in def && (def.check as string) === 'overwrite'
}

/** How many issues an error lists: a list of 400,000 items that do not fit has as many, in 41 MB of JSON. */
const maxIssues = 20

function fitting(parse: () => zod.util.SafeParseResult<unknown>, what: string, code: MisfitCode): unknown {
  let outcome: zod.util.SafeParseResult<unknown>
  try {
    outcome = parse()
  } catch (cause) {
    if (cause instanceof zod.$ZodAsyncError) {
      const message = `${what} has an asynchronous check or codec, but values are checked synchronously to keep their order. Move asynchronous checks to the handler`
      throw new TidingsError({ code: 'invalid_contract', message, cause })
    }
    // A codec that throws, on text it did not expect or JSON nested too deep, says no more than that the value is not fit.
    const message = `${what} did not fit the schema: a codec or check threw`
    throw new TidingsError({
      code,
      message,
      issues: [{ path: [], message: 'A codec or check threw' }],
      cause,
    })
  }
  if (outcome.success) return outcome.data
  const { issues: found } = outcome.error
  const issues = found.slice(0, maxIssues).map(toIssue)
  const message = `${what} did not fit the schema: ${summary(issues, found.length)}`
  throw new TidingsError({ code, message, issues })
}

/** An allow-list of what an issue tells: never the input it is about. */
function toIssue(issue: zod.$ZodIssue): Issue {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  return { path, code: issue.code, message: issue.message }
}

function summary([first]: readonly Issue[], count: number): string {
  if (!first) return 'no reason given'
  const at = first.path.length === 0 ? '' : `at ${first.path.join('.')}: `
  const more = count === 1 ? '' : ` (and ${count - 1} more)`
  return `${at}${first.message}${more}`
}

/**
 * Whether a schema's values have another form on the wire; or a fallback, which parsing would put in place of
 * a value that is missing or does not fit, while encoding refuses it.
 */
function isTwoFormed({ _zod: { def } }: zod.$ZodTypes): boolean {
  return ['pipe', 'catch', 'default', 'prefault'].includes(def.type)
}
