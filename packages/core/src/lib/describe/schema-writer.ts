import * as zod from 'zod/v4/core'
import { isAsymmetric } from '../asymmetric.js'
import { containsSchema } from '../schema-walk.js'
import type { Schema } from '../types/schema.js'
import { isAnyJson } from './any-json.js'
import type { JsonSchema } from './document.js'
import { intersectionOf } from './intersection.js'
import { numberSchema } from './number-schema.js'
import { refTo, type SchemaNames } from './schema-names.js'
import { textSchema } from './text-schema.js'
import { textsOf } from './texts.js'
import { knownCodecOf, valueKindOf, valueSchema } from './value-kinds.js'
import { acceptedValue, constantDefault, encodedExamples, encodedValue, jsonOf } from './wire-values.js'

/** Which values a JSON Schema is of: those that travel, those a caller gives, or those a handler gets. */
export type Form = 'wire' | 'given' | 'handled'

/** Writes a schema in JSON Schema, with the schemas that it refers to under `$defs`. See decision 021. */
export function writeSchema(
  schema: Schema,
  form: Form,
  names: SchemaNames,
  { withValues = true }: { readonly withValues?: boolean } = {},
): JsonSchema {
  return new SchemaWriter(form, names, withValues).write(schema)
}

class SchemaWriter {
  readonly #form: Form
  readonly #names: SchemaNames
  /** Whether defaults and examples are written. */
  readonly #withValues: boolean
  readonly #defs = new Map<string, JsonSchema>()
  /** Schemas whose conversion has begun, and whether it is over. */
  readonly #begun = new Map<Schema, boolean>()
  /** Schemas inside themselves, which need a definition. */
  readonly #recursive = new Set<Schema>()

  constructor(form: Form, names: SchemaNames, withValues: boolean) {
    this.#form = form
    this.#names = names
    this.#withValues = withValues
  }

  write(root: Schema): JsonSchema {
    const schema = this.#visit(root)
    return this.#defs.size === 0 ? schema : { ...schema, $defs: Object.fromEntries(this.#defs) }
  }

  #visit(schema: Schema): JsonSchema {
    const isOver = this.#begun.get(schema)
    if (isOver === false) this.#recursive.add(schema)
    if (isOver === false || (isOver && this.#isDefined(schema)))
      return { $ref: refTo(this.#names.nameOf(schema)) }
    this.#begun.set(schema, false)
    const written = {
      ...this.#convert(schema as zod.$ZodTypes),
      ...textsOf(schema),
      ...this.#examplesOf(schema),
    }
    this.#begun.set(schema, true)
    if (!this.#isDefined(schema)) return written
    const name = this.#names.nameOf(schema)
    this.#defs.set(name, written)
    return { $ref: refTo(name) }
  }

  #isDefined(schema: Schema): boolean {
    return this.#recursive.has(schema) || this.#names.find(schema) !== undefined
  }

  #examplesOf(schema: Schema): JsonSchema {
    if (this.#form !== 'wire' || !this.#withValues) return {}
    const examples = encodedExamples(schema, zod.globalRegistry.get(schema)?.['examples'])
    return examples.length > 0 ? { examples } : {}
  }

  #convert(schema: zod.$ZodTypes): JsonSchema {
    const { def } = schema._zod
    switch (def.type) {
      case 'string':
        return textSchema(schema)
      case 'template_literal':
        return { type: 'string', pattern: (schema as zod.$ZodTemplateLiteral)._zod.pattern.source }
      case 'number':
        return numberSchema(schema)
      case 'boolean':
      case 'success':
        return { type: 'boolean' }
      case 'null':
        return { type: 'null' }
      case 'never':
        return { not: {} }
      case 'literal':
        return choiceOf(def.values)
      case 'enum':
        return choiceOf([...(schema as zod.$ZodEnum)._zod.values])
      case 'object':
        return this.#object(def)
      case 'record':
        return this.#record(def)
      case 'array':
        return { type: 'array', items: this.#visit(def.element), ...lengthOf(schema) }
      case 'tuple':
        return this.#tuple(schema, def)
      case 'union':
        return this.#union(def)
      case 'intersection':
        return intersectionOf([this.#visit(def.left), this.#visit(def.right)], this.#defs)
      case 'nullable':
        return anyOf([this.#visit(def.innerType), { type: 'null' }])
      case 'default':
      case 'prefault':
        return { ...this.#visit(def.innerType), ...this.#defaultOf(def) }
      case 'optional':
      case 'nonoptional':
      case 'readonly':
      case 'catch':
        return this.#visit(def.innerType)
      case 'lazy':
        return isAnyJson(schema) ? {} : this.#visit((schema as zod.$ZodLazy)._zod.innerType)
      case 'pipe':
        return this.#form === 'wire' ? this.#wireOfPipe(def) : this.#valueOfPipe(def)
      default:
        return this.#value(schema)
    }
  }

  #object({ shape, catchall }: zod.$ZodObjectDef): JsonSchema {
    const fields = Object.entries(shape)
    const required = fields.filter(([, field]) => !this.#isOmittable(field)).map(([key]) => key)
    return {
      type: 'object',
      properties: Object.fromEntries(fields.map(([key, field]) => [key, this.#visit(field)])),
      ...(required.length > 0 && { required }),
      // Any other key may hold any JSON by default.
      ...(catchall &&
        !isAnyJson(catchall) && { additionalProperties: isNever(catchall) ? false : this.#visit(catchall) }),
    }
  }

  #record({ keyType, valueType, ...def }: zod.$ZodRecordDef): JsonSchema {
    const names = keySchema(this.#visit(keyType))
    const values = [...((keyType as zod.$ZodTypes)._zod.values ?? [])]
    const isPartial = 'partial' in def && def.partial === true
    const isExhaustive =
      values.length > 0 && !isPartial && !(this.#form !== 'handled' && isOmittable(valueType))
    return {
      type: 'object',
      ...(names && { propertyNames: names }),
      additionalProperties: this.#visit(valueType),
      ...(isExhaustive && { required: values.map(String) }),
    }
  }

  #tuple(schema: zod.$ZodTypes, { items, rest }: zod.$ZodTupleDef): JsonSchema {
    let minItems = items.length
    while (minItems > 0 && this.#isOmittable(items[minItems - 1] as Schema)) minItems -= 1
    return {
      type: 'array',
      prefixItems: items.map((item) => this.#visit(item)),
      items: rest ? this.#visit(rest) : false,
      ...(minItems > 0 && { minItems }),
      ...lengthOf(schema),
    }
  }

  #union(def: zod.$ZodUnionDef): JsonSchema {
    const members = def.options.map((option) => this.#visit(option))
    // zod says of a discriminated union that it is exclusive since 4.2 only.
    return 'discriminator' in def || def.inclusive === false ? { oneOf: members } : anyOf(members)
  }

  /** Returns the default as it travels. A handler always has a value. */
  #defaultOf(def: zod.$ZodDefaultDef | zod.$ZodPrefaultDef): JsonSchema {
    if (this.#form === 'handled' || !this.#withValues) return {}
    const value = constantDefault(() => def.defaultValue)
    const json =
      def.type === 'prefault' ? acceptedValue(def.innerType, value) : encodedValue(def.innerType, value)
    return json === undefined ? {} : { default: json }
  }

  #wireOfPipe(def: zod.$ZodPipeDef): JsonSchema {
    const wire = knownCodecOf(def)?.wire
    if (wire) return wire
    const sent = this.#visit(def.in)
    // Without a codec between them, a value passes both schemas as it travels.
    if (def.reverseTransform || containsSchema(def.in, isAsymmetric)) return sent
    return intersectionOf([sent, this.#visit(def.out)], this.#defs)
  }

  #valueOfPipe(def: zod.$ZodPipeDef): JsonSchema {
    const codec = knownCodecOf(def)
    if (!codec) return this.#visit(def.out)
    const isList = codec.kind === 'Map' || codec.kind === 'Set'
    return valueSchema(
      codec.kind,
      isList ? this.#visit((def.in as zod.$ZodArray)._zod.def.element) : undefined,
    )
  }

  /** Writes a value that JSON cannot represent; nothing for one that may be anything. */
  #value(schema: zod.$ZodTypes): JsonSchema {
    const kind = valueKindOf(schema)
    if (kind === undefined) return {}
    const { def } = schema._zod
    if (def.type === 'set') return valueSchema(kind, this.#visit(def.valueType))
    if (def.type !== 'map') return valueSchema(kind)
    const prefixItems = [this.#visit(def.keyType), this.#visit(def.valueType)]
    return valueSchema(kind, { type: 'array', prefixItems, items: false, minItems: 2 })
  }

  #isOmittable(schema: Schema): boolean {
    return this.#form === 'handled' ? schema._zod.optout !== undefined : isOmittable(schema)
  }
}

/** Whether a caller may leave a value out. */
export function isOmittable(schema: Schema): boolean {
  const { def, optin } = (schema as zod.$ZodTypes)._zod
  // A fallback stands in for a missing value too, but callers should not rely on that.
  return def.type === 'catch' ? isOmittable(def.innerType) : optin !== undefined
}

function isNever(schema: Schema): boolean {
  return (schema as zod.$ZodTypes)._zod.def.type === 'never'
}

/** Writes one of several values. */
function choiceOf(given: readonly unknown[]): JsonSchema {
  const values = given.filter((value) => jsonOf(value) !== undefined)
  const [value] = values
  if (value === undefined) return { not: {} }
  const types = new Set(values.map((each) => (each === null ? 'null' : typeof each)))
  const [type] = types
  return { ...(types.size === 1 && { type }), ...(values.length === 1 ? { const: value } : { enum: values }) }
}

/** Writes a union. One of bare types is written by their names. */
function anyOf(members: readonly JsonSchema[]): JsonSchema {
  const areBare = members.every((member) => Object.keys(member).length === 1 && 'type' in member)
  if (!areBare) return { anyOf: members }
  const types = [...new Set(members.flatMap(({ type }) => type as string | string[]))]
  return { type: types.length === 1 ? types[0] : types }
}

/** Writes the keys of a record, which are texts in JSON; undefined for any text. */
function keySchema(keys: JsonSchema): JsonSchema | undefined {
  const { type, format, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, ...rest } = keys
  if (type === 'string') return Object.keys(keys).length === 1 ? undefined : keys
  const values = (rest['enum'] ?? ('const' in rest ? [rest['const']] : undefined)) as unknown[] | undefined
  if (values) return { type: 'string', enum: values.map(String) }
  const pattern = type === 'integer' ? '^-?\\d+$' : '^-?\\d+(?:\\.\\d+)?$'
  return type === 'integer' || type === 'number' ? { ...rest, type: 'string', pattern } : keys
}

function lengthOf(schema: zod.$ZodTypes): JsonSchema {
  const { minLength, maxLength } = textSchema(schema)
  return {
    ...(minLength !== undefined && { minItems: minLength }),
    ...(maxLength !== undefined && { maxItems: maxLength }),
  }
}
