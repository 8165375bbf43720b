import { safeEncode } from './zod-encode.js'

/**
 * Replaces `encode-plan.ts` in bundles for browsers, which encode few values: zod encodes them. `#encode-plan` in
 * `package.json` selects one of the two.
 */
export function encoderOf(): typeof safeEncode {
  return safeEncode
}

/** Replaces the search of `is-recursive.ts`. True means that a value is written as JSON once more, which takes little. */
export function isRecursive(): boolean {
  return true
}
