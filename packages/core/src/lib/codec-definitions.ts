import * as zod from 'zod/v4/core'
import { parseUrl } from './parse-url.js'

/**
 * Decodes and encodes values that JSON cannot represent. `codecs.ts` makes codecs of `zod` from these definitions, and
 * `mini-codecs.ts` codecs of `zod/mini`.
 *
 * A list or object with checks is encoded twice, the first time without the check that a value is of its class. A
 * value of another class is returned as it is then: if `encode` threw, a union could not go on to its next member.
 */
export interface CodecDefinition<Wire, Value> {
  decode(sent: Wire, payload: zod.ParsePayload): Value
  encode(value: Value, payload: zod.ParsePayload): Wire
}

/** What the codecs of Tidings decode to. */
export type CodecName = 'Date' | 'bigint' | 'Uint8Array' | 'URL' | 'Map' | 'Set'

/** A function that encodes, with the name of its codec: a property, which another installed copy recognises too. */
interface NamedEncode {
  tidings?: CodecName
}

/** Returns what a codec decodes to, by its function that encodes; undefined for a codec that is not of Tidings. */
export function codecNameOf(encode: unknown): CodecName | undefined {
  return (encode as NamedEncode | undefined)?.tidings
}

/** Reports that a value does not have the format. zod ignores the returned value. */
function refuse(payload: zod.ParsePayload, format: string, message: string): never {
  payload.issues.push({ code: 'invalid_format', format, message, input: undefined })
  return zod.NEVER
}

const isoDatePattern =
  /^((?:\d{4}|[+-]\d{6})-\d{2}-(\d{2}))T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/

function dateFromIso(text: string): Date | undefined {
  const [, day = '', dayOfMonth] = isoDatePattern.exec(text) ?? []
  // `new Date` takes February 30th for March 2nd.
  if (dayOfMonth === undefined || new Date(day).getUTCDate() !== Number(dayOfMonth)) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** A `Date` as ISO 8601 in UTC with milliseconds. */
export const isoDateDefinition: CodecDefinition<string, Date> = {
  decode: (sent, payload) => dateFromIso(sent) ?? refuse(payload, 'datetime', 'Invalid ISO date and time'),
  encode: /* @__PURE__ */ Object.assign((date: Date) => date.toISOString(), { tidings: 'Date' } as const),
}

/** BigInt parses n digits in quadratic time: a quarter of a second for 900,000. */
const maxDigits = 4096

const integerPattern = /^-?(\d+)$/

/** Reports text that is not an integer or is too long to parse. */
function checkInteger(text: string, payload: zod.ParsePayload): string {
  // Text that is far too long is not even matched.
  const digits = text.length > maxDigits + 1 ? text : integerPattern.exec(text)?.[1]
  if (digits === undefined) return refuse(payload, 'bigint', 'Invalid integer')
  if (digits.length > maxDigits) {
    return refuse(payload, 'bigint', 'Invalid integer: more than 4,096 digits')
  }
  return text
}

/** A `bigint` as decimal digits. */
export const bigintDefinition: CodecDefinition<string, bigint> = {
  decode: (sent, payload) => {
    const text = checkInteger(sent, payload)
    return payload.issues.length === 0 ? BigInt(text) : zod.NEVER
  },
  encode: /* @__PURE__ */ Object.assign(
    (value: bigint, payload: zod.ParsePayload) => checkInteger(String(value), payload),
    { tidings: 'bigint' } as const,
  ),
}

/** Converts text with one character for each byte, as `atob` returns it. */
function fromBinaryText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index)
  return bytes
}

/** Converts to text with one character for each byte, as `btoa` takes it. */
function toBinaryText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** A `Uint8Array` as base64. */
export const bytesDefinition: CodecDefinition<string, Uint8Array> = {
  decode: (sent, payload) =>
    zod.isValidBase64(sent) ? fromBinaryText(atob(sent)) : refuse(payload, 'base64', 'Invalid base64'),
  encode: /* @__PURE__ */ Object.assign(
    (value: Uint8Array) => (value instanceof Uint8Array ? btoa(toBinaryText(value)) : value),
    { tidings: 'Uint8Array' } as const,
  ),
}

/** A `URL` as its text. */
export const urlDefinition: CodecDefinition<string, URL> = {
  decode: (sent, payload) => parseUrl(sent) ?? refuse(payload, 'url', 'Invalid URL'),
  encode: /* @__PURE__ */ Object.assign((value: URL) => (value instanceof URL ? value.href : value), {
    tidings: 'URL',
  } as const),
}

/** A `Map` as an array of pairs. */
export const mapDefinition: CodecDefinition<[unknown, unknown][], Map<unknown, unknown>> = {
  decode: (pairs) => new Map(pairs),
  encode: /* @__PURE__ */ Object.assign(
    (value: Map<unknown, unknown>) => (value instanceof Map ? [...value] : value),
    { tidings: 'Map' } as const,
  ),
}

/** A `Set` as an array. */
export const setDefinition: CodecDefinition<unknown[], Set<unknown>> = {
  decode: (items) => new Set(items),
  encode: /* @__PURE__ */ Object.assign(
    (value: Set<unknown>) => (value instanceof Set ? [...value] : value),
    { tidings: 'Set' } as const,
  ),
}
