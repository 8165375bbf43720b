import type { JsonSchema } from './document.js'

/** The keywords of JSON Schema whose value is a schema, a list of schemas, or schemas by name. */
const schemaKeywords: Readonly<Record<string, 'one' | 'list' | 'named'>> = {
  additionalProperties: 'one',
  contains: 'one',
  contentSchema: 'one',
  else: 'one',
  if: 'one',
  items: 'one',
  not: 'one',
  propertyNames: 'one',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: 'one',
  unevaluatedItems: 'one',
  unevaluatedProperties: 'one',
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  prefixItems: 'list',
  dependentSchemas: 'named',
  patternProperties: 'named',
  properties: 'named',
  $defs: 'named',
}

/** Copies a schema, with `change` applied to each schema directly inside it. */
export function mapInner(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const changed = (inner: unknown) => (isSchema(inner) ? change(inner) : inner)
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      switch (Object.hasOwn(schemaKeywords, keyword) ? schemaKeywords[keyword] : undefined) {
        case 'one':
          return [keyword, changed(value)]
        case 'list':
          return [keyword, Array.isArray(value) ? value.map(changed) : value]
        case 'named':
          return [
            keyword,
            isSchema(value)
              ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, changed(inner)]))
              : value,
          ]
        default:
          return [keyword, value]
      }
    }),
  )
}

/** Whether a value is an object. A schema may also be `true` or `false`, which have nothing inside. */
function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The keywords of JSON Schema, draft 2020-12, that describe a value. */
const knownKeywords = new Set([
  ...Object.keys(schemaKeywords),
  ...['$comment', '$ref', 'const', 'contentEncoding', 'contentMediaType', 'default', 'dependentRequired'],
  ...['deprecated', 'description', 'enum', 'examples', 'exclusiveMaximum', 'exclusiveMinimum', 'format'],
  ...['maxContains', 'maximum', 'maxItems', 'maxLength', 'maxProperties', 'minContains', 'minimum'],
  ...['minItems', 'minLength', 'minProperties', 'multipleOf', 'pattern', 'readOnly', 'required', 'title'],
  ...['type', 'uniqueItems', 'writeOnly'],
])

/** The keywords that identify a schema, which the place of a component does instead. */
const identifyingKeywords = new Set(['$anchor', '$dynamicAnchor', '$id', '$schema', 'id'])

/**
 * Returns a schema with only those keywords that validators of documents know. Other keys, which come from `.meta()`,
 * are kept with the prefix of an extension: `x-unit`.
 */
export function withKnownKeywords(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (knownKeywords.has(key) || key.startsWith('x-')) return [[key, value]]
      return identifyingKeywords.has(key) ? [] : [[`x-${key.replaceAll(/[^\w.-]/g, '_')}`, value]]
    }),
  )
}

/**
 * Rewrites the keywords of a schema that draft 07 has under another name, or not beside a `$ref`. Schemas inside are
 * not changed.
 */
export function asDraft07(schema: JsonSchema): JsonSchema {
  const { $ref, prefixItems, items, dependentRequired, dependentSchemas, ...others } = schema
  const rewritten: JsonSchema = {
    ...others,
    // A list without further items has `items: false` in draft 2020-12, and none by default.
    ...(prefixItems === undefined
      ? items !== undefined && { items }
      : { items: prefixItems, ...(items !== undefined && { additionalItems: items }) }),
    ...((dependentRequired ?? dependentSchemas) !== undefined && {
      dependencies: { ...(dependentSchemas as object), ...(dependentRequired as object) },
    }),
  }
  if ($ref === undefined) return rewritten
  // Draft 07 ignores every keyword beside `$ref`.
  return Object.keys(rewritten).length === 0 ? { $ref } : { allOf: [{ $ref }], ...rewritten }
}
