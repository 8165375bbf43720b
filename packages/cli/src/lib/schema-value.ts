import { type JsonSchema, schemaAt } from '@tidings/core/describe'
import { suggestion } from './closest.js'
import { UsageError } from './exit-code.js'

/** Parts of schemas that are followed, at most: a schema may contain itself. */
const maxDepth = 12

/**
 * Makes a value of the text of an argument: text for a schema of text, else the JSON that the text is.
 *
 * @param root has the definitions that `schema` refers to
 * @param before the value of the same argument before this one, to which an array adds
 * @throws UsageError if the text is not a value of a type that the schema accepts
 */
export function valueFrom(
  text: string,
  schema: JsonSchema,
  root: JsonSchema,
  name: string,
  before?: unknown,
): unknown {
  const accepted = alternativesOf(schema, root)
  const literals = literalsOf(accepted)
  if (literals) {
    const literal = literals.find((value) => String(value) === text)
    if (literal !== undefined) return literal
    const names = literals.map(String)
    throw new UsageError(
      `${name} cannot be "${text}"${suggestion(text, names)}`,
      `It is one of: ${names.join(', ')}`,
    )
  }
  const types = accepted.flatMap(typesOf)
  const json = parsed(text)
  if (json !== undefined && types.some((type) => isOfType(json, type))) return json
  const array = accepted.find((one) => typesOf(one).includes('array'))
  if (array && !text.startsWith('[')) {
    const item = valueFrom(text, (array['items'] ?? {}) as JsonSchema, root, name)
    return [...(Array.isArray(before) ? before : []), item]
  }
  if (types.includes('string') || types.length === 0) return text
  throw new UsageError(`${name} takes ${namesOf(types)}, not "${text}"`)
}

/** Returns the schemas of an object's keys, or undefined if a schema is not one of an object. */
export function propertiesOf(
  schema: JsonSchema,
  root: JsonSchema = schema,
): Readonly<Record<string, JsonSchema>> | undefined {
  const objects = alternativesOf(schema, root).filter((one) => one['properties'])
  return objects.length === 0 ? undefined : Object.assign({}, ...objects.map((one) => one['properties']))
}

/** Returns the schemas of which a value fits one, with references followed. */
export function alternativesOf(schema: JsonSchema, root: JsonSchema, depth = 0): JsonSchema[] {
  if (depth > maxDepth) return []
  const inner = (part: unknown) => alternativesOf(part as JsonSchema, root, depth + 1)
  const { $ref: ref } = schema as { readonly $ref?: string }
  if (ref !== undefined) {
    const target = schemaAt(ref, root)
    return target ? inner(target) : []
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    if (Array.isArray(schema[key])) return schema[key].flatMap(inner)
  }
  return [schema]
}

/** Returns the only values that fit, if they are listed. */
function literalsOf(schemas: readonly JsonSchema[]): readonly unknown[] | undefined {
  const values = schemas.map((schema) => ('const' in schema ? [schema['const']] : schema['enum']))
  return values.length > 0 && values.every(Array.isArray) ? values.flat() : undefined
}

function typesOf({ type }: JsonSchema): string[] {
  return Array.isArray(type) ? type : typeof type === 'string' ? [type] : []
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'string':
      // Text stands for itself, quotes included.
      return false
    default:
      return typeof value === type
  }
}

function namesOf(types: readonly string[]): string {
  return [...new Set(types)]
    .map((type) => (type === 'null' ? 'null' : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`))
    .join(' or ')
}

/** Parses JSON. Returns undefined for any other text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
