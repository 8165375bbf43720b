import type * as zod from 'zod/v4/core'
import { checksOf } from '../plan-checks.js'
import type { JsonSchema } from './document.js'

/** The range of the number formats that have one, beside the integers that a number represents exactly. */
const ranges: Readonly<Record<string, { readonly minimum: number; readonly maximum: number }>> = {
  int32: { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  uint32: { minimum: 0, maximum: 2 ** 32 - 1 },
  float32: { minimum: -3.4028234663852886e38, maximum: 3.4028234663852886e38 },
}

interface Bounds {
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  exclusiveMaximum?: number
}

/** Writes the schema of a number: its format, bounds and divisors. */
export function numberSchema(schema: zod.$ZodTypes): JsonSchema {
  const bounds: Bounds = {}
  const divisors = new Set<number>()
  let type = 'number'
  const atLeast = (key: 'minimum' | 'exclusiveMinimum', value: number) => {
    bounds[key] = Math.max(bounds[key] ?? Number.NEGATIVE_INFINITY, value)
  }
  const atMost = (key: 'maximum' | 'exclusiveMaximum', value: number) => {
    bounds[key] = Math.min(bounds[key] ?? Number.POSITIVE_INFINITY, value)
  }
  for (const { _zod } of checksOf(schema)) {
    const def = _zod.def as zod.$ZodChecks['_zod']['def']
    switch (def.check) {
      case 'greater_than':
        atLeast(def.inclusive ? 'minimum' : 'exclusiveMinimum', Number(def.value))
        break
      case 'less_than':
        atMost(def.inclusive ? 'maximum' : 'exclusiveMaximum', Number(def.value))
        break
      case 'multiple_of':
        divisors.add(Math.abs(Number(def.value)))
        break
      case 'number_format': {
        const range = ranges[def.format]
        if (!def.format.startsWith('float')) type = 'integer'
        if (range) {
          atLeast('minimum', range.minimum)
          atMost('maximum', range.maximum)
        }
      }
    }
  }
  const [divisor, ...others] = [...divisors].filter((value) => value > 0 && Number.isFinite(value))
  return {
    type,
    ...tightest(bounds),
    ...(divisor !== undefined && { multipleOf: divisor }),
    ...(others.length > 0 && { allOf: others.map((multipleOf) => ({ multipleOf })) }),
  }
}

/** Of an inclusive and an exclusive bound, keeps the one that excludes more. JSON has no infinite ones. */
function tightest({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Bounds): Bounds {
  const isBound = (value: number | undefined): value is number => Number.isFinite(value)
  return {
    ...(isBound(minimum) && !(isBound(exclusiveMinimum) && exclusiveMinimum >= minimum) && { minimum }),
    ...(isBound(exclusiveMinimum) &&
      !(isBound(minimum) && minimum > exclusiveMinimum) && { exclusiveMinimum }),
    ...(isBound(maximum) && !(isBound(exclusiveMaximum) && exclusiveMaximum <= maximum) && { maximum }),
    ...(isBound(exclusiveMaximum) &&
      !(isBound(maximum) && maximum < exclusiveMaximum) && { exclusiveMaximum }),
  }
}
