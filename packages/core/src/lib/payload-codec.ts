import * as zod from 'zod/v4/core'
import { encoderOf, isRecursive } from '#encode-plan'
import { isAsymmetric } from './asymmetric.js'
import { canonical } from './canonical.js'
import { type Issue, TidingsError } from './error.js'
import { defaultFiller } from './given.js'
import { containsSchema } from './schema-walk.js'
import type { Schema } from './types/schema.js'

/** The code of the error for a value that does not fit its schema. It says which side gave the value. */
export type ValidationCode = 'invalid_input' | 'invalid_output' | 'invalid_response'

/**
 * Encodes the values of one schema as JSON values, and decodes them. Made once for each schema of a contract.
 *
 * Both directions throw a `TidingsError` with `code` and issues for a value that does not fit; `what` names the
 * value in its message.
 */
export interface PayloadCodec {
  /** Validates a value and returns its JSON form, without keys that the schema does not declare. */
  encode(value: unknown, what: string, code?: ValidationCode): unknown
  /** Validates a JSON value and returns what was encoded. */
  decode(json: unknown, what: string, code?: ValidationCode): unknown
}

/** The codec of a procedure without an input or output schema. */
export const noPayload: PayloadCodec = {
  encode: () => undefined,
  decode: () => undefined,
}

/** The codec of an event or error without a schema, which refuses data. */
export const noData: PayloadCodec = {
  encode(value, what, code = 'invalid_output') {
    if (value === undefined) return undefined
    const message = `${what} takes no data. Declare its schema in the contract`
    throw new TidingsError({ code, message })
  },
  decode: () => undefined,
}

/** Makes the codec of a schema. */
export function payloadCodec(schema: Schema): PayloadCodec {
  return codecOf(schema, (value) => value)
}

/** Makes the codec of a schema whose values a caller gives, and where the caller may omit whatever has a default. */
export function givenPayloadCodec(schema: Schema): PayloadCodec {
  return codecOf(schema, defaultFiller(schema))
}

/** Makes the codec of params, which a caller gives. Equal params have equal JSON. */
export function paramsCodec(schema: Schema): PayloadCodec {
  return codecOf(schema, defaultFiller(schema), canonical)
}

function codecOf(
  schema: Schema,
  complete: (value: unknown) => unknown,
  context?: zod.ParseContext<zod.$ZodIssue>,
): PayloadCodec {
  // zod compiles `parse` and not `encode`. Without an asymmetric schema inside, both do the same. See decision 001.
  const encode = containsSchema(schema, isAsymmetric) ? encoderOf(schema) : zod.safeParse
  const mayNest = isRecursive(schema)
  const codec: PayloadCodec = {
    encode: (value, what, code = 'invalid_output') =>
      validated(() => encode(schema, complete(value), context), what, code, mayNest),
    decode: (json, what, code = 'invalid_input') => validated(() => zod.safeParse(schema, json), what, code),
  }
  return containsSchema(schema, isRewriting) ? stable(codec) : codec
}

/**
 * Refuses values that a check such as `trim()` rewrites differently each time, or into a value that does not fit,
 * so that the receiver reads what was encoded.
 */
function stable(codec: PayloadCodec): PayloadCodec {
  const encode: PayloadCodec['encode'] = (value, what, code = 'invalid_output') => {
    const json = codec.encode(value, what, code)
    const read = codec.encode(codec.decode(json, what, code), what, code)
    if (JSON.stringify(read) === JSON.stringify(json)) return json
    const message = `${what} changes each time that overwrite() runs. Make it leave its own result unchanged`
    throw new TidingsError({ code, message })
  }
  return { ...codec, encode }
}

/** Whether a check rewrites values, such as `trim()`. */
function isRewriting({ _zod: { def } }: zod.$ZodTypes): boolean {
  return 'check' in def && (def.check as string) === 'overwrite'
}

/** The maximum of issues in an error. A list of 400,000 invalid items has as many, in 41 MB of JSON. */
const maxIssues = 20

/** @param mayNest whether the value may contain itself, or be nested to any depth */
function validated(
  parse: () => zod.util.SafeParseResult<unknown>,
  what: string,
  code: ValidationCode,
  mayNest = false,
): unknown {
  let outcome: zod.util.SafeParseResult<unknown> | undefined
  try {
    outcome = parse()
    if (mayNest) JSON.stringify(outcome.data)
  } catch (cause) {
    if (cause instanceof zod.$ZodAsyncError) {
      const message = `${what} has an asynchronous check or codec. Move it to the handler`
      throw new TidingsError({ code: 'invalid_contract', message, cause })
    }
    // A codec may throw on unexpected text. That says only that the value does not fit.
    // A value that fits and is not JSON contains itself, and a stack that overflows is a RangeError.
    const isTooDeep = mayNest && (outcome || cause instanceof RangeError)
    const message = isTooDeep ? 'Contains itself or is nested too deeply' : 'A codec or check threw'
    throw misfit(code, what, [{ path: [], message }], { cause })
  }
  if (outcome.success) return outcome.data
  const { issues } = outcome.error
  throw misfit(code, what, issues.slice(0, maxIssues).map(toIssue), { count: issues.length })
}

/** Copies an allow-list of an issue's fields, which never includes the input. */
function toIssue(issue: zod.$ZodIssue): Issue {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  return { path, code: issue.code, message: issue.message }
}

/** Makes the error for a value that does not fit. `count` is that of all issues, if `issues` are some of them. */
export function misfit(
  code: ValidationCode | 'bad_request',
  what: string,
  issues: readonly Issue[],
  { count = 1, cause }: { readonly count?: number; readonly cause?: unknown },
): TidingsError {
  const [first] = issues
  const at = first?.path.length ? `at ${first.path.join('.')}: ` : ''
  const more = count === 1 ? '' : ` (and ${count - 1} more)`
  const message = `${what} did not fit the schema: ${at}${first?.message}${more}`
  return new TidingsError({ code, message, issues, cause })
}
