import type * as zod from 'zod/v4/core'
import { refused, unclear } from './plan.js'

/** The checks of a schema. A schema such as `z.int()` is a check itself. */
export function checksOf(schema: zod.$ZodTypes): readonly zod.$ZodCheck[] {
  const { traits, def } = schema._zod
  const own = traits.has('$ZodCheck') ? [schema as unknown as zod.$ZodCheck] : []
  return [...own, ...(def.checks ?? [])]
}

/** Returns the checked value, which checks may rewrite, or {@link refused}. */
export function runChecks(checks: readonly zod.$ZodCheck[], value: unknown): unknown {
  const payload: zod.ParsePayload<never> = { value: value as never, issues: [] }
  for (let index = 0; index < checks.length; index += 1) {
    const { def, check } = (checks[index] as zod.$ZodCheck)._zod
    if (def.when && !def.when(payload)) continue
    if (check(payload) instanceof Promise) throw unclear
    // Some of the checks that follow would still run.
    if (payload.issues.length > 0 && index < checks.length - 1) throw unclear
    if (payload.issues.length > 0) return refused
  }
  return payload.value
}
