import type * as zod from 'zod/v4/core'
import { canonicalJson } from '../canonical.js'
import { containsSchema } from '../schema-walk.js'
import type { Schema } from '../types/schema.js'
import type { JsonSchema, PayloadDocument } from './document.js'
import type { SchemaNames } from './schema-names.js'
import { type Form, isOmittable, writeSchema } from './schema-writer.js'

/** Describes what a caller gives and a server's handler gets: a param or an input. */
export function requestPayload(schema: Schema, names: SchemaNames): PayloadDocument {
  const given = otherForm(schema, 'given', names)
  const handled = otherForm(schema, 'handled', names)
  return {
    wire: writeSchema(schema, 'wire', names),
    ...(given && { given }),
    ...(handled && { handled }),
    ...(isOmittable(schema) && { optional: true }),
  }
}

/** Describes what a server gives and a client's handler gets: an event, a snapshot, an output or an error. */
export function answerPayload(schema: Schema, names: SchemaNames): PayloadDocument {
  const handled = otherForm(schema, 'handled', names)
  return { wire: writeSchema(schema, 'wire', names), ...(handled && { given: handled, handled }) }
}

/** Returns a form of a schema's values, if it is not the form that travels. */
function otherForm(schema: Schema, form: Form, names: SchemaNames): JsonSchema | undefined {
  if (!containsSchema(schema, ({ _zod: { def } }) => changing[form]?.includes(def.type) === true))
    return undefined
  const withoutValues = { withValues: false }
  const wire = writeSchema(schema, 'wire', names, withoutValues)
  const other = writeSchema(schema, form, names, withoutValues)
  return canonicalJson(wire) === canonicalJson(other) ? undefined : writeSchema(schema, form, names)
}

/** The kinds of schemas whose values look different in another form. */
const changing: Partial<Record<Form, readonly zod.$ZodTypes['_zod']['def']['type'][]>> = {
  given: ['pipe'],
  handled: ['pipe', 'default', 'prefault'],
}
