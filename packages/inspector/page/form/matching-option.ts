import { resolve, type Schema, shapeOf } from '../schema/json-schema.js'

/** Returns the index of the alternative that a value is meant for, or -1 if it fits none. */
export function matchingOption(options: readonly Schema[], value: unknown, root: Schema): number {
  let best = { index: -1, score: 0 }
  for (const [index, option] of options.entries()) {
    const score = scoreOf(option, value, root)
    if (score > best.score) best = { index, score }
  }
  return best.index
}

/** Rates how well a value fits a schema, without looking into it deeply. 0 means that it does not. */
function scoreOf(given: Schema, value: unknown, root: Schema): number {
  const schema = resolve(given, root)
  const shape = shapeOf(schema, root)
  switch (shape.kind) {
    case 'const':
      return shape.value === value ? 3 : 0
    case 'enum':
      return shape.values.includes(value) ? 2 : 0
    case 'string':
    case 'boolean':
    case 'number':
      return typeof value === shape.kind ? 1 : 0
    case 'null':
      return value === null ? 2 : 0
    case 'array':
    case 'tuple':
      return Array.isArray(value) ? 1 : 0
    case 'nullable':
      return value === null ? 2 : scoreOf(shape.inner, value, root)
    case 'record':
      return isObject(value) ? 1 : 0
    case 'object': {
      if (!isObject(value)) return 0
      let score = 1
      for (const { name, schema: property, isRequired } of shape.properties) {
        const isPresent = Object.hasOwn(value, name)
        const { kind } = shapeOf(property, root)
        // A constant tells the alternatives apart.
        if (kind === 'const' && isRequired && scoreOf(property, value[name], root) === 0) return 0
        if (isPresent) score += 1
        else if (isRequired) score -= 0.5
      }
      return Math.max(score, 0.1)
    }
    case 'union':
      return Math.max(0, ...shape.options.map((option) => scoreOf(option, value, root)))
    default:
      return 0.1
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
