import * as zod from 'zod/v4/core'
import { isoDateDefinition } from './codec-definitions.js'
import { type Field, objectPlan } from './encode-object.js'
import { isoText } from './iso-text.js'
import { isRefused, type Plan, refused, unclear } from './plan.js'
import { checksOf, runChecks } from './plan-checks.js'
import { leafKinds, leafPlan } from './plan-leaves.js'
import { containsSchema } from './schema-walk.js'
import type { Schema } from './types/schema.js'
import { safeEncode } from './zod-encode.js'

// `no-plan.ts` has another one.
export { isRecursive } from './is-recursive.js'

/** Returns a function that encodes values of a schema, as zod's `safeEncode` does. */
export function encoderOf(schema: Schema): typeof zod.safeEncode {
  const plan = encodePlan(schema)
  return (_schema, value, context) =>
    // Some schemas encode differently in a context.
    (context ? undefined : (plan(value) as never)) ?? safeEncode(_schema, value, context)
}

/** Encodes a value, or returns `undefined` where zod has to. */
export type EncodePlan = (value: unknown) => zod.util.SafeParseSuccess<unknown> | undefined

/**
 * Makes a function that encodes as zod's `encode` does, in a tenth of the time: zod walks the schema for each value.
 *
 * It leaves values that do not fit to zod, which finds the reasons, and values whose encoding depends on the version of
 * zod. In a schema it leaves the parts to zod that it does not know, such as intersections.
 *
 * It accepts two values for which zod throws. A union may have a codec that throws for a value of a later member: within
 * a list or object with checks, zod first encodes without checks. And a key may be omitted whose `exactOptional` schema
 * has a transform, which no contract accepts.
 *
 * The plan is made when the first value is encoded: most processes never encode most schemas of their contract.
 */
export function encodePlan(schema: Schema): EncodePlan {
  let plan: Plan | undefined
  return (value) => {
    try {
      plan ??= new Planner().planOf(schema)
      const data = plan(value)
      return isRefused(data) ? undefined : { success: true, data }
    } catch {
      // A codec or check threw, which it does again when zod calls it, or only zod can decide.
      plan ??= () => refused
      return undefined
    }
  }
}

class Planner {
  readonly #plans = new Map<Schema, Plan>()

  /** Returns the plan of a schema. That of a schema which contains itself is looked up when it runs. */
  planOf(schema: Schema): Plan {
    const known = this.#plans.get(schema)
    if (known) return known
    this.#plans.set(schema, (value) => this.planOf(schema)(value))
    const plan = this.#checked(schema as zod.$ZodTypes) ?? byZod(schema)
    this.#plans.set(schema, plan)
    return plan
  }

  /** Checks run on the value as it was given, and those of a leaf may rewrite it. */
  #checked(schema: zod.$ZodTypes): Plan | undefined {
    const { def } = schema._zod
    const plan = this.#unchecked(schema)
    const checks = checksOf(schema)
    if (!plan || checks.length === 0) return plan
    const isLeaf = leafKinds.has(def.type)
    // Rewriting a list or object takes place between two passes of zod.
    if (!isLeaf && checks.some(({ _zod }) => _zod.def.check === 'overwrite')) return undefined
    return (value) => {
      // zod checks no value of another type, and a check may throw for one.
      if (isLeaf && isRefused(plan(value))) return refused
      const rewritten = runChecks(checks, value)
      return isRefused(rewritten) ? refused : plan(rewritten)
    }
  }

  #unchecked(schema: zod.$ZodTypes): Plan | undefined {
    const { def } = schema._zod
    if ('coerce' in def && def.coerce) return undefined
    switch (def.type) {
      case 'object':
        return this.#object(def)
      case 'array':
        return this.#array(def)
      case 'tuple':
        return this.#tuple(def)
      case 'record':
        return this.#record(def)
      case 'union':
        return this.#union(def)
      case 'optional':
        return this.#optional(schema as zod.$ZodOptional)
      case 'nullable': {
        const inner = this.planOf(def.innerType)
        return (value) => (value === null ? null : inner(value))
      }
      case 'default':
      case 'prefault':
      case 'catch':
      case 'readonly':
        return this.planOf(def.innerType)
      case 'lazy':
        return this.planOf((schema as zod.$ZodLazy)._zod.innerType)
      case 'pipe':
        return this.#pipe(def)
      default:
        return leafPlan(schema)
    }
  }

  #object({ shape, catchall }: zod.$ZodObjectDef): Plan | undefined {
    const isStrict = catchall?._zod.def.type === 'never'
    if (catchall && !isStrict) return undefined
    if ('__proto__' in shape && Object.hasOwn(shape, '__proto__')) return undefined
    if (Object.getOwnPropertySymbols(shape).length > 0) return undefined
    const fields = Object.entries(shape).map(([key, schema]): Field => {
      const { optin, optout, def } = (schema as zod.$ZodTypes)._zod
      const isOmittable = optin !== undefined && optout === 'optional'
      // Whether zod runs another kind of schema for an omitted key depends on its version.
      const isClear = def.type === 'optional' && def.innerType._zod.optin === undefined
      const whenOmitted = isOmittable ? (isClear ? 'omit' : 'unclear') : 'run'
      return { key, plan: this.planOf(schema), whenOmitted }
    })
    return objectPlan(fields, isStrict)
  }

  #array({ element }: zod.$ZodArrayDef): Plan {
    const plan = this.planOf(element)
    return (value) => {
      if (!Array.isArray(value)) return refused
      const items: unknown[] = []
      let fits = true
      for (let index = 0; index < value.length; index += 1) {
        const item = plan(value[index])
        fits &&= !isRefused(item)
        items.push(item)
      }
      return fits ? items : refused
    }
  }

  #tuple({ items, rest }: zod.$ZodTupleDef): Plan | undefined {
    if (items.some(({ _zod: { optin, optout } }) => optin !== undefined || optout !== undefined))
      return undefined
    const plans = items.map((item) => this.planOf(item))
    const restPlan = rest && this.planOf(rest)
    return (value) => {
      if (!Array.isArray(value)) return refused
      // An item may be omitted although its schema does not say so, as `z.any()`.
      if (value.length < plans.length) throw unclear
      const encoded: unknown[] = []
      let fits = true
      for (let index = 0; index < value.length; index += 1) {
        const plan = plans[index] ?? restPlan
        const item = plan ? plan(value[index]) : refused
        fits &&= !isRefused(item)
        encoded.push(item)
      }
      return fits ? encoded : refused
    }
  }

  /** A record whose keys are any text. Others have rules for keys that are missing, numbers or encoded. */
  #record({ keyType, valueType, mode }: zod.$ZodRecordDef): Plan | undefined {
    const { def } = (keyType as zod.$ZodTypes)._zod
    if (
      def.type !== 'string' ||
      mode === 'loose' ||
      def.coerce ||
      checksOf(keyType as zod.$ZodTypes).length > 0
    )
      return undefined
    const plan = this.planOf(valueType)
    return (value) => {
      if (!zod.util.isPlainObject(value)) return refused
      const keys = Object.keys(value)
      // Symbols, and keys that are not enumerable.
      if (keys.length !== Reflect.ownKeys(value).length) throw unclear
      const encoded: Record<string, unknown> = {}
      let fits = true
      for (const key of keys) {
        if (key === '__proto__') continue
        const inner = plan((value as Record<string, unknown>)[key])
        fits &&= !isRefused(inner)
        encoded[key] = inner
      }
      return fits ? encoded : refused
    }
  }

  #union(def: zod.$ZodUnionDef): Plan | undefined {
    if ('discriminator' in def) return this.#discriminatedUnion(def as zod.$ZodDiscriminatedUnionDef)
    // A first pass without checks, which may throw, precedes such checks.
    const isChecked = (inner: zod.$ZodTypes) =>
      !leafKinds.has(inner._zod.def.type) && checksOf(inner).length > 0
    if (def.inclusive === false || def.options.some((option) => containsSchema(option, isChecked)))
      return undefined
    const plans = def.options.map((option) => this.planOf(option))
    return (value) => {
      for (const plan of plans) {
        const encoded = plan(value)
        if (!isRefused(encoded)) return encoded
      }
      return refused
    }
  }

  #discriminatedUnion({ options, discriminator }: zod.$ZodDiscriminatedUnionDef): Plan | undefined {
    const plans = new Map<unknown, Plan>()
    for (const option of options) {
      const values = (option as zod.$ZodTypes)._zod.propValues?.[discriminator]
      if (!values) return undefined
      const plan = this.planOf(option)
      for (const value of values) {
        if (plans.has(value) || value === undefined) return undefined
        plans.set(value, plan)
      }
    }
    return (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return refused
      const plan = plans.get((value as Record<string, unknown>)[discriminator])
      if (!plan) throw unclear
      return plan(value)
    }
  }

  #optional({ _zod: { def, traits } }: zod.$ZodOptional): Plan {
    const inner = this.planOf(def.innerType)
    if (traits.has('$ZodExactOptional')) return inner
    const isUnclear = def.innerType._zod.optin !== undefined
    return (value) => {
      if (value !== undefined) return inner(value)
      if (isUnclear) throw unclear
      return undefined
    }
  }

  #pipe(def: zod.$ZodPipeDef): Plan {
    const [decoded, wire] = [this.planOf(def.out), this.planOf(def.in)]
    const { reverseTransform } = def
    if (!reverseTransform) {
      return (value) => {
        const inner = decoded(value)
        return isRefused(inner) ? refused : wire(inner)
      }
    }
    if ((reverseTransform as unknown) === isoDateDefinition.encode) {
      return (value) => {
        const date = decoded(value)
        return isRefused(date) ? refused : wire(isoText(date as Date))
      }
    }
    return (value) => {
      const inner = decoded(value)
      if (isRefused(inner)) return refused
      const payload = { value: inner, issues: [] }
      const encoded: unknown = reverseTransform(inner as never, payload)
      if (encoded instanceof Promise) throw unclear
      return payload.issues.length > 0 ? refused : wire(encoded)
    }
  }
}

/** Leaves a part of a schema to zod. */
function byZod(schema: Schema): Plan {
  return (value) => {
    const result = safeEncode(schema, value)
    return result.success ? result.data : refused
  }
}
