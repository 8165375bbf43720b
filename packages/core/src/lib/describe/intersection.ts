import { canonicalJson } from '../canonical.js'
import type { JsonSchema } from './document.js'
import { definitionName } from './schema-names.js'

/** The keywords of objects that can be merged. Any other keyword of a member keeps the members apart. */
const mergeable: readonly string[] = ['type', 'properties', 'required', 'additionalProperties']

type Properties = Readonly<Record<string, JsonSchema>>

/**
 * Writes values that fit all members.
 *
 * Objects become one object. `additionalProperties: false` of a member would otherwise refuse the keys of the others,
 * which zod only refuses if no member knows them.
 */
export function intersectionOf(
  members: readonly JsonSchema[],
  defs: ReadonlyMap<string, JsonSchema>,
): JsonSchema {
  const parts = members.flatMap((member) =>
    isOnly(member, 'allOf') ? (member['allOf'] as JsonSchema[]) : [member],
  )
  const distinct = parts.filter(
    (part, index) => !parts.slice(index + 1).some((other) => includes(other, part)),
  )
  const [first] = distinct
  if (first && distinct.length === 1) return first
  return mergedObjects(distinct, defs) ?? mergedUnion(distinct, defs) ?? { allOf: distinct.map(opened) }
}

/** Whether a schema has everything that another requires, word for word. */
function includes(schema: JsonSchema, other: JsonSchema): boolean {
  if ('$ref' in other) return canonicalJson(schema) === canonicalJson(other)
  return Object.entries(other).every(
    ([key, value]) => canonicalJson(schema[key] ?? null) === canonicalJson(value),
  )
}

function mergedObjects(
  members: readonly JsonSchema[],
  defs: ReadonlyMap<string, JsonSchema>,
): JsonSchema | undefined {
  const objects = members.map((member) => objectOf(member, defs))
  if (!objects.every((object) => object !== undefined)) return undefined
  const keys = new Set(objects.flatMap((object) => Object.keys((object['properties'] ?? {}) as Properties)))
  const required = [...new Set(objects.flatMap((object) => (object['required'] ?? []) as string[]))]
  const rest = objects
    .map((object) => object['additionalProperties'])
    .filter((schema) => schema !== undefined)
  const isClosed = rest.length === objects.length && rest.every((schema) => schema === false)
  const others = rest.filter((schema): schema is JsonSchema => typeof schema === 'object')
  const properties = [...keys].map((key) => {
    // An object that does not declare the key takes it as one of its others.
    const schemas = objects.map((object) => propertyOf(object, key)).filter((schema) => schema !== undefined)
    return [key, intersectionOf(schemas, defs)] as const
  })
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    ...(isClosed && { additionalProperties: false }),
    ...(others.length > 0 && { additionalProperties: intersectionOf(others, defs) }),
  }
}

/** Distributes over the one union among members: `A & (B | C)` is `(A & B) | (A & C)`. */
function mergedUnion(
  members: readonly JsonSchema[],
  defs: ReadonlyMap<string, JsonSchema>,
): JsonSchema | undefined {
  for (const keyword of ['anyOf', 'oneOf']) {
    const index = members.findIndex((member) => isOnly(resolved(member, defs), keyword))
    if (index < 0) continue
    const union = resolved(members[index] as JsonSchema, defs)[keyword] as JsonSchema[]
    const branches = union.map((branch) => mergedObjects(members.with(index, branch), defs))
    if (branches.every((branch) => branch !== undefined)) return { [keyword]: branches }
  }
  return undefined
}

function propertyOf(object: JsonSchema, key: string): JsonSchema | undefined {
  const properties = (object['properties'] ?? {}) as Properties
  if (Object.hasOwn(properties, key)) return properties[key]
  const others = object['additionalProperties']
  return typeof others === 'object' ? (others as JsonSchema) : undefined
}

/** Returns an object that can be merged with others; undefined for any other schema. */
function objectOf(schema: JsonSchema, defs: ReadonlyMap<string, JsonSchema>): JsonSchema | undefined {
  const found = resolved(schema, defs)
  return found['type'] === 'object' && Object.keys(found).every((key) => mergeable.includes(key))
    ? found
    : undefined
}

/** Follows a reference. A definition that is not finished yet is not found. */
function resolved(schema: JsonSchema, defs: ReadonlyMap<string, JsonSchema>): JsonSchema {
  if (!isOnly(schema, '$ref')) return schema
  return defs.get(definitionName(schema['$ref'] as string) ?? '') ?? schema
}

function isOnly(schema: JsonSchema, keyword: string): boolean {
  return keyword in schema && Object.keys(schema).length === 1
}

/** Lets an object that cannot be merged take the keys of the others. */
function opened(schema: JsonSchema): JsonSchema {
  if (schema['additionalProperties'] !== false) return schema
  const { additionalProperties, ...rest } = schema
  return rest
}
