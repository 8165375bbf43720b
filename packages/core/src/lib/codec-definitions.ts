import * as zod from 'zod/v4/core'

/**
 * How values that JSON does not know travel: decoded from and encoded to what JSON has. `codecs.ts` makes codecs of `zod`
 * from them, `mini-codecs.ts` those of `zod/mini`.
 */
export interface CodecDefinition<Wire, Value> {
  decode(sent: Wire, payload: zod.ParsePayload): Value
  encode(value: Value, payload: zod.ParsePayload): Wire
}

/** Reports that a value is not of the format. zod never looks at what is returned. */
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
  encode: (date) => date.toISOString(),
}

/** Reading digits takes time that grows with the square of their number: a quarter of a second for 900,000. */
const maxDigits = 4096

const integerPattern = /^-?(\d+)$/

/** Whether text is an integer that is not too long to read. */
function checkInteger(text: string, payload: zod.ParsePayload): string {
  // What is far too long is not matched at all.
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
  encode: (value, payload) => checkInteger(String(value), payload),
}

/** From text of one character for each byte, which is what `atob` gives. */
function fromBinaryText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index)
  return bytes
}

/** To text of one character for each byte, which is what `btoa` takes. */
function toBinaryText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** A `Uint8Array` as base64. */
export const bytesDefinition: CodecDefinition<string, Uint8Array> = {
  decode: (sent, payload) =>
    zod.isValidBase64(sent) ? fromBinaryText(atob(sent)) : refuse(payload, 'base64', 'Invalid base64'),
  encode: (value) => btoa(toBinaryText(value)),
}

/** A `URL` as its text. */
export const urlDefinition: CodecDefinition<string, URL> = {
  decode: (sent, payload) => (URL.canParse(sent) ? new URL(sent) : refuse(payload, 'url', 'Invalid URL')),
  encode: (value) => value.href,
}

/** A `Map` as an array of pairs. */
export const mapDefinition: CodecDefinition<[unknown, unknown][], Map<unknown, unknown>> = {
  decode: (pairs) => new Map(pairs),
  encode: (value) => [...value],
}

/** A `Set` as an array. */
export const setDefinition: CodecDefinition<unknown[], Set<unknown>> = {
  decode: (items) => new Set(items),
  encode: (value) => [...value],
}
