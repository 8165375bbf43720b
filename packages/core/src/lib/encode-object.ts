import * as zod from 'zod/v4/core'
import { isRefused, type Plan, refused, unclear } from './plan.js'

export interface Field {
  readonly key: string
  readonly plan: Plan
  /** What encoding an object without the key means: running the plan, omitting the key, or zod decides. */
  readonly whenOmitted: 'run' | 'omit' | 'unclear'
}

type Values = Readonly<Record<string, unknown>>

/** Makes the plan of an object. Every key is encoded, also after one that does not fit: its codec may throw. */
export function objectPlan(fields: readonly Field[], isStrict: boolean): Plan {
  const encode = mayGenerate() ? generated(fields) : interpreted(fields)
  if (!isStrict) return encode
  const keys = new Set(fields.map(({ key }) => key))
  return (value) => {
    const encoded = encode(value)
    if (!isRefused(encoded)) for (const key in value as Values) if (!keys.has(key)) return refused
    return encoded
  }
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether code may be generated, as zod itself does: not in Workers, nor under a strict content security policy. */
function mayGenerate(): boolean {
  return !zod.globalConfig.jitless && zod.util.allowsEval.value
}

export function interpreted(fields: readonly Field[]): Plan {
  return (value) => {
    if (!isObject(value)) return refused
    const encoded: Record<string, unknown> = {}
    let fits = true
    for (const { key, plan, whenOmitted } of fields) {
      const given = value[key]
      const isOmitted = given === undefined && !(key in value)
      if (isOmitted && whenOmitted === 'omit') continue
      if (isOmitted && whenOmitted === 'unclear') throw unclear
      const inner = plan(given)
      if (isRefused(inner)) fits = false
      else if (isOmitted) throw unclear
      encoded[key] = inner
    }
    return fits ? encoded : refused
  }
}

/**
 * Generates the code of {@link interpreted} for these fields, with an object literal in place of the loop: that takes
 * a fifth of the time.
 */
export function generated(fields: readonly Field[]): Plan {
  const read = fields.map(({ key, whenOmitted }, at) => {
    const name = JSON.stringify(key)
    const lines = [
      `const given${at} = value[${name}]`,
      `const omitted${at} = given${at} === undefined && !(${name} in value)`,
    ]
    if (whenOmitted === 'unclear') lines.push(`if (omitted${at}) throw unclear`)
    lines.push(
      whenOmitted === 'omit'
        ? `const inner${at} = omitted${at} ? undefined : plan${at}(given${at})`
        : `const inner${at} = plan${at}(given${at})`,
    )
    if (whenOmitted === 'run') lines.push(`if (omitted${at} && inner${at} !== refused) throw unclear`)
    return lines.join('\n')
  })
  const firstOptional = fields.findIndex(({ whenOmitted }) => whenOmitted === 'omit')
  const always = firstOptional === -1 ? fields : fields.slice(0, firstOptional)
  const rest = fields.slice(always.length)
  const code = `return (value) => {
if (!isObject(value)) return refused
${read.join('\n')}
if (${fields.map((_, at) => `inner${at} === refused`).join(' || ') || false}) return refused
const encoded = { ${always.map(({ key }, at) => `${JSON.stringify(key)}: inner${at}`).join(', ')} }
${rest
  .map(({ key, whenOmitted }, index) => {
    const at = always.length + index
    return `${whenOmitted === 'omit' ? `if (!omitted${at}) ` : ''}encoded[${JSON.stringify(key)}] = inner${at}`
  })
  .join('\n')}
return encoded
}`
  const names = ['isObject', 'refused', 'unclear', ...fields.map((_, at) => `plan${at}`)]
  const make = new Function(...names, code)
  return make(isObject, refused, unclear, ...fields.map(({ plan }) => plan))
}
