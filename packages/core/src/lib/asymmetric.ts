import type * as zod from 'zod/v4/core'

/**
 * Kinds of schemas whose parsing and encoding differ: the value has another form on the wire, or a fallback that
 * parsing puts in place of a missing or invalid value, which encoding refuses.
 */
const asymmetricKinds: readonly string[] = ['pipe', 'catch', 'default', 'prefault']

export function isAsymmetric({ _zod: { def } }: zod.$ZodTypes): boolean {
  return asymmetricKinds.includes(def.type)
}
