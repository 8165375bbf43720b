import type { ChannelDocument, JsonSchema } from './document.js'

/** A param of a channel, which travels in the query string. */
export interface QueryParam {
  readonly name: string
  readonly wire: JsonSchema
  readonly isRequired: boolean
  /** Whether the value travels as its text. Any other travels as JSON. */
  readonly isScalar: boolean
}

/** Returns the params of a channel, in the order of a topic's key. */
export function queryParams(
  { params }: ChannelDocument,
  shared: Readonly<Record<string, JsonSchema>>,
): readonly QueryParam[] {
  return Object.entries(params)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { wire, optional }]) => ({
      name,
      wire,
      isRequired: optional !== true,
      isScalar: isScalar(wire, { ...shared, ...(wire['$defs'] as typeof shared) }),
    }))
}

/**
 * Whether all values of a schema are text, or all are numbers or booleans, whose text is their JSON. A schema that
 * allows text beside others has JSON values, so that `"1"` and `1` differ.
 */
function isScalar(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): boolean {
  const types = typesOf(schema, definitions, 0)
  return types !== undefined && (types.has('string') ? types.size === 1 : isPlain(types))
}

const plainTypes = new Set(['number', 'integer', 'boolean'])

function isPlain(types: ReadonlySet<string>): boolean {
  return types.size > 0 && [...types].every((type) => plainTypes.has(type))
}

/** The depth to which references of a schema are followed. */
const maxDepth = 32

/** Returns the types of a schema's values, or undefined if it does not state them. */
function typesOf(
  schema: JsonSchema,
  definitions: Readonly<Record<string, JsonSchema>>,
  depth: number,
): ReadonlySet<string> | undefined {
  const { $ref, type, anyOf, oneOf, enum: values } = schema
  if (depth > maxDepth) return undefined
  if (type !== undefined) return new Set([type].flat().map(String))
  if ('const' in schema) return new Set([typeName(schema['const'])])
  if (Array.isArray(values)) return new Set(values.map(typeName))
  const options = anyOf ?? oneOf
  if (Array.isArray(options)) {
    const each = options.map((option) => typesOf(option, definitions, depth + 1))
    return each.includes(undefined) ? undefined : new Set(each.flatMap((types) => [...(types ?? [])]))
  }
  const name = typeof $ref === 'string' ? $ref.replace('#/$defs/', '') : ''
  return Object.hasOwn(definitions, name)
    ? typesOf(definitions[name] as JsonSchema, definitions, depth + 1)
    : undefined
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}
