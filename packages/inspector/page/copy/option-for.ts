import { type JsonSchema, valueKeyword } from '@tidings/core/describe'

/** Returns the first option of a union whose form a JSON value has, looking no deeper than its keys. */
export function optionFor(options: readonly JsonSchema[], value: unknown): JsonSchema | undefined {
  return options.find((option) => hasForm(option, value))
}

function hasForm(schema: JsonSchema, value: unknown): boolean {
  const { type, const: constant, enum: values } = schema
  if (constant !== undefined) return value === constant
  if (Array.isArray(values)) return values.includes(value)
  const kind = schema[valueKeyword]
  if (kind !== undefined)
    return kind === 'Map' || kind === 'Set' ? Array.isArray(value) : typeof value === 'string'
  if (type === undefined) return true
  const types = Array.isArray(type) ? type : [type]
  if (!types.some((name) => isOfType(name, value))) return false
  return typeof value !== 'object' || value === null || Array.isArray(value) || hasKeys(schema, value)
}

/** Whether an object has the required keys, and the values that discriminate it from other options. */
function hasKeys({ required, properties = {} }: JsonSchema, value: object): boolean {
  const members = value as Readonly<Record<string, unknown>>
  if (Array.isArray(required) && !required.every((key) => Object.hasOwn(value, key))) return false
  return Object.entries(properties as Record<string, JsonSchema>).every(
    ([key, { const: constant }]) =>
      constant === undefined || !Object.hasOwn(value, key) || members[key] === constant,
  )
}

function isOfType(type: unknown, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      // The other types of JSON Schema are named as those of JavaScript.
      return typeof value === type
  }
}
