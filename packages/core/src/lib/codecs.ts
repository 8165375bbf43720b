import * as z from 'zod'
import { inOrder } from './canonical.js'
import {
  bigintDefinition,
  bytesDefinition,
  isoDateDefinition,
  mapDefinition,
  setDefinition,
  urlDefinition,
} from './codec-definitions.js'
import type { Schema } from './types/schema.js'

/**
 * Codecs for values that JSON cannot represent, as schemas of `zod` with all their methods:
 * `isoDate.optional()`. `mini-codecs.ts` has those of `zod/mini`. To write your own, use
 * `z.codec(wireSchema, valueSchema, { decode, encode })`, whose first schema must accept only JSON.
 *
 * Each is marked as pure, so a bundle contains only the codecs its contract uses.
 */

/** A `Date`, sent as ISO 8601 in UTC with milliseconds. An invalid `Date` is refused. */
export const isoDate: z.ZodCodec<z.ZodString, z.ZodDate> = /* @__PURE__ */ z.codec(
  /* @__PURE__ */ z.string(),
  /* @__PURE__ */ z.date(),
  isoDateDefinition,
)

/** A `bigint` of up to 4,096 digits, sent as decimal digits. */
export const bigint: z.ZodCodec<z.ZodString, z.ZodBigInt> = /* @__PURE__ */ z.codec(
  /* @__PURE__ */ z.string(),
  /* @__PURE__ */ z.bigint(),
  bigintDefinition,
)

/** A `Uint8Array`, sent as base64. A Node `Buffer` may be sent; a `Uint8Array` arrives. */
export const bytes: z.ZodCodec<z.ZodString, z.ZodCustom<Uint8Array, Uint8Array>> = /* @__PURE__ */ z.codec(
  /* @__PURE__ */ z.string(),
  /* @__PURE__ */ z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array,
    'Invalid input: expected bytes (a Uint8Array)',
  ),
  bytesDefinition,
)

/** A `URL`, sent as its text. */
export const url: z.ZodCodec<z.ZodString, z.ZodCustom<URL, URL>> = /* @__PURE__ */ z.codec(
  /* @__PURE__ */ z.string(),
  /* @__PURE__ */ z.custom<URL>((value) => value instanceof URL, 'Invalid input: expected a URL'),
  urlDefinition,
)

type MapOf<Key, Value> = Map<z.core.output<Key>, z.core.output<Value>>

/** A `Map`, sent as an array of pairs. Keys and values may be codecs themselves. */
export function map<Key extends Schema, Value extends Schema>(
  key: Key,
  value: Value,
): z.ZodCodec<z.ZodArray<z.ZodTuple<[Key, Value], null>>, z.ZodCustom<MapOf<Key, Value>, MapOf<Key, Value>>> {
  const held = z.custom<Map<unknown, unknown>>(
    (value) => value instanceof Map,
    'Invalid input: expected a Map',
  )
  return z.codec(inOrder(z.array(z.tuple([key, value]))), held, mapDefinition as never) as never
}

type SetOf<Item> = Set<z.core.output<Item>>

/** A `Set`, sent as an array. Its items may be codecs themselves. */
export function set<Item extends Schema>(
  item: Item,
): z.ZodCodec<z.ZodArray<Item>, z.ZodCustom<SetOf<Item>, SetOf<Item>>> {
  const held = z.custom<Set<unknown>>((value) => value instanceof Set, 'Invalid input: expected a Set')
  return z.codec(inOrder(z.array(item)), held, setDefinition as never) as never
}
