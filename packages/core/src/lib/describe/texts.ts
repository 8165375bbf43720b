import * as zod from 'zod/v4/core'
import type { Schema } from '../types/schema.js'
import type { JsonSchema } from './document.js'
import { jsonOf } from './wire-values.js'

/** Keywords that say which values are valid, and that come from the schema itself. */
const validating: ReadonlySet<string> = new Set([
  ...[
    '$schema',
    '$id',
    '$ref',
    '$defs',
    'definitions',
    '$anchor',
    '$dynamicRef',
    '$dynamicAnchor',
    '$vocabulary',
  ],
  ...['type', 'enum', 'const', 'not', 'anyOf', 'oneOf', 'allOf', 'if', 'then', 'else', 'default'],
  ...[
    'properties',
    'patternProperties',
    'additionalProperties',
    'propertyNames',
    'required',
    'dependentRequired',
  ],
  ...['dependentSchemas', 'unevaluatedProperties', 'minProperties', 'maxProperties'],
  ...[
    'items',
    'prefixItems',
    'unevaluatedItems',
    'contains',
    'minContains',
    'maxContains',
    'minItems',
    'maxItems',
  ],
  ...['uniqueItems', 'minLength', 'maxLength', 'pattern', 'format', 'contentEncoding', 'contentSchema'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
])

/**
 * Returns the texts about a schema that its `.meta()` and `.describe()` give: `title`, `description`, `deprecated` and
 * whatever else is JSON and does not contradict the schema. Its id is its name, and its examples are encoded.
 */
export function textsOf(schema: Schema): JsonSchema {
  const { id, examples, ...meta } = zod.globalRegistry.get(schema) ?? {}
  return Object.fromEntries(
    Object.entries(meta)
      .filter(([key]) => !validating.has(key))
      .map(([key, value]) => [key, jsonOf(value)] as const)
      .filter(([, value]) => value !== undefined),
  )
}
