import * as zod from 'zod/v4/core'
import type { Schema } from './types/schema.js'

/**
 * Codecs for values JSON does not know. Each is a zod codec over `zod/v4/core`, so it goes into schemas of `zod`
 * and of `zod/mini` alike. To write your own, use `z.codec(wireSchema, valueSchema, { decode, encode })` of either:
 * whatever its first schema takes must be JSON.
 *
 * Each is marked as pure, so that a bundle holds those alone that its contract uses.
 */

/** Reports that what came over the wire is not of the format; what it returns is never looked at. */
type Refuse = (format: string, message: string) => never

interface CodecDefinition<Sent, Held> {
  decode(sent: Sent, refuse: Refuse): Held
  encode(held: Held): Sent
}

/** A codec between the schema of what is sent and the schema of what a program holds. */
function codec<Wire extends Schema, Value extends Schema>(
  wire: Wire,
  value: Value,
  definition: CodecDefinition<zod.output<Wire>, zod.input<Value>>,
): zod.$ZodCodec<Wire, Value> {
  return new zod.$ZodCodec({
    type: 'pipe',
    in: wire,
    out: value,
    transform: (sent, payload) =>
      definition.decode(sent as zod.output<Wire>, (format, message) => {
        payload.issues.push({ code: 'invalid_format', format, message, input: String(sent) })
        return zod.NEVER as never
      }),
    reverseTransform: (held) => definition.encode(held as zod.input<Value>),
  }) as zod.$ZodCodec<Wire, Value>
}

function instanceOf<T>(type: abstract new (...args: never[]) => T, name: string): zod.$ZodCustom<T, T> {
  return new zod.$ZodCustom({
    type: 'custom',
    check: 'custom',
    fn: (value) => value instanceof type,
    error: () => `Invalid input: expected ${name}`,
  }) as zod.$ZodCustom<T, T>
}

const text = /* @__PURE__ */ new zod.$ZodString({ type: 'string' })

const isoDatePattern =
  /^((?:\d{4}|[+-]\d{6})-\d{2}-(\d{2}))T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/

function dateFromIso(text: string): Date | undefined {
  const [, day = '', dayOfMonth] = isoDatePattern.exec(text) ?? []
  // `new Date` takes February 30th for March 2nd.
  if (dayOfMonth === undefined || new Date(day).getUTCDate() !== Number(dayOfMonth)) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** A `Date`, on the wire as ISO 8601 in UTC with milliseconds. An invalid `Date` is refused. */
export const isoDate: zod.$ZodCodec<zod.$ZodString, zod.$ZodDate<Date>> = /* @__PURE__ */ codec(
  text,
  /* @__PURE__ */ new zod.$ZodDate({ type: 'date' }) as zod.$ZodDate<Date>,
  {
    decode: (sent, refuse) => dateFromIso(sent) ?? refuse('datetime', 'Invalid ISO date and time'),
    encode: (date) => date.toISOString(),
  },
)

/** A `bigint` of any size, on the wire as decimal digits. */
export const bigint: zod.$ZodCodec<zod.$ZodString, zod.$ZodBigInt<bigint>> = /* @__PURE__ */ codec(
  text,
  /* @__PURE__ */ new zod.$ZodBigInt({ type: 'bigint' }) as zod.$ZodBigInt<bigint>,
  {
    decode: (sent, refuse) => (/^-?\d+$/.test(sent) ? BigInt(sent) : refuse('bigint', 'Invalid integer')),
    encode: (value) => String(value),
  },
)

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

/** Bytes as a `Uint8Array`, on the wire as base64. A Node `Buffer` may be sent; a `Uint8Array` arrives. */
export const bytes: zod.$ZodCodec<
  zod.$ZodString,
  zod.$ZodCustom<Uint8Array, Uint8Array>
> = /* @__PURE__ */ codec(text, /* @__PURE__ */ instanceOf<Uint8Array>(Uint8Array, 'bytes (a Uint8Array)'), {
  decode: (sent, refuse) =>
    zod.isValidBase64(sent) ? fromBinaryText(atob(sent)) : refuse('base64', 'Invalid base64'),
  encode: (value) => btoa(toBinaryText(value)),
})

/** A `URL`, on the wire as its text. */
export const url: zod.$ZodCodec<zod.$ZodString, zod.$ZodCustom<URL, URL>> = /* @__PURE__ */ codec(
  text,
  /* @__PURE__ */ instanceOf<URL>(URL, 'a URL'),
  {
    decode: (sent, refuse) => (URL.canParse(sent) ? new URL(sent) : refuse('url', 'Invalid URL')),
    encode: (value) => value.href,
  },
)

type MapSchema<Key, Value> = zod.$ZodCustom<
  Map<zod.output<Key>, zod.output<Value>>,
  Map<zod.output<Key>, zod.output<Value>>
>

/** A `Map`, on the wire as an array of pairs. Keys and values may be codecs themselves. */
export function map<Key extends Schema, Value extends Schema>(
  key: Key,
  value: Value,
): zod.$ZodCodec<zod.$ZodArray<zod.$ZodTuple<[Key, Value], null>>, MapSchema<Key, Value>> {
  const pair = new zod.$ZodTuple({ type: 'tuple', items: [key, value], rest: null })
  return codec(
    new zod.$ZodArray({ type: 'array', element: pair }),
    instanceOf<Map<unknown, unknown>>(Map, 'a Map'),
    {
      decode: (pairs) => new Map(pairs as [unknown, unknown][]),
      encode: (value) => [...value],
    },
  ) as never
}

/** A `Set`, on the wire as an array. Its items may be codecs themselves. */
export function set<Item extends Schema>(
  item: Item,
): zod.$ZodCodec<zod.$ZodArray<Item>, zod.$ZodCustom<Set<zod.output<Item>>, Set<zod.output<Item>>>> {
  return codec(new zod.$ZodArray({ type: 'array', element: item }), instanceOf<Set<unknown>>(Set, 'a Set'), {
    decode: (items) => new Set(items),
    encode: (value) => [...value],
  }) as never
}
