import type { Schema } from './types/schema.js'

// A registered symbol, so that the CommonJS and the ES modules of this package recognise each other's schemas.
const marker: unique symbol = Symbol.for('@tidings/json-only') as never

/** Marks a schema whose values are JSON both in a program and on the wire, so that none can arrive as another. */
export function markJsonOnly<S extends Schema>(schema: S): S {
  return Object.defineProperty(schema, marker, { value: true })
}

export function isJsonOnly(schema: Schema): boolean {
  return (schema as { readonly [marker]?: unknown })[marker] === true
}
