import * as zod from 'zod/v4/core'
import type { Schema } from './types/schema.js'

/**
 * Encodes as zod's `safeEncode` does, with all checks.
 *
 * zod encodes a list or object with checks twice, the first time without any check inside it. In recursive schemas, zod
 * 4.6 gives both passes one record of the values that it has seen, and the second pass takes what the first one let
 * through. Here the context that zod copies for the first pass hides what zod has added to it.
 */
export const safeEncode: typeof zod.safeEncode = (schema, value, given) => {
  const run: Schema['_zod']['run'] = (payload, context) => {
    const keys = Object.keys(context)
    return schema._zod.run(payload, new Proxy(context, { ownKeys: () => keys }))
  }
  // `safeEncode` of zod only runs a schema, and makes the error of its issues.
  return zod.safeEncode({ _zod: { run } } as typeof schema, value, given)
}
