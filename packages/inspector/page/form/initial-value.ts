import { resolve, type Schema, shapeOf } from '../schema/json-schema.js'

/** Deeper values are left out: a required schema may contain itself. */
const maxDepth = 8

/** Returns the value that a form begins with. `undefined` stands for a value that the user has to give. */
export function initialValue(given: Schema, root: Schema, depth = 0): unknown {
  const schema = resolve(given, root)
  if ('default' in schema) return schema.default
  if (depth > maxDepth) return undefined
  const shape = shapeOf(schema, root)
  switch (shape.kind) {
    case 'const':
      return shape.value
    case 'string':
      return ''
    case 'boolean':
      return false
    case 'null':
    case 'nullable':
      return null
    case 'array':
      return []
    case 'record':
      return {}
    case 'tuple':
      return shape.items.map((item) => initialValue(item, root, depth + 1) ?? null)
    case 'object':
      return Object.fromEntries(
        shape.properties
          .filter(({ isRequired }) => isRequired)
          .map(({ name, schema: property }) => [name, initialValue(property, root, depth + 1)])
          .filter(([, value]) => value !== undefined),
      )
    case 'union':
      return initialValue(shape.options[0] ?? {}, root, depth + 1)
    default:
      return undefined
  }
}
