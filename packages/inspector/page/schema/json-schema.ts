import { type JsonSchema, schemaAt } from '@tidings/core/describe'

/** The keywords of JSON Schema, draft 2020-12, that a contract's schemas are written in. */
export interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema | boolean
  readonly prefixItems?: readonly Schema[]
  readonly format?: string
  /** The exact format of a text, by Tidings. */
  readonly 'x-tidings-format'?: string
  /** An expression with flags, by Tidings. */
  readonly 'x-tidings-pattern'?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly title?: string
  readonly description?: string
  readonly deprecated?: boolean
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

/** A property of an object. */
export interface Property {
  readonly name: string
  readonly schema: Schema
  readonly isRequired: boolean
}

/** What values a schema accepts, as far as a form can offer them. */
export type Shape =
  | { readonly kind: 'const'; readonly value: unknown }
  | { readonly kind: 'enum'; readonly values: readonly unknown[] }
  | { readonly kind: 'string' | 'number' | 'boolean' | 'null' }
  | { readonly kind: 'array'; readonly items: Schema }
  | { readonly kind: 'tuple'; readonly items: readonly Schema[] }
  | { readonly kind: 'object'; readonly properties: readonly Property[] }
  | { readonly kind: 'record'; readonly values: Schema }
  | { readonly kind: 'nullable'; readonly inner: Schema }
  | { readonly kind: 'union'; readonly options: readonly Schema[] }
  /** Any JSON, or something that only JSON can say. */
  | { readonly kind: 'any' }

/** Returns a document's schema with its keywords typed. */
export function schemaOf(wire: JsonSchema): Schema {
  return wire as Schema
}

/** Returns the schema that a schema refers to, with the texts that stand beside the reference. */
export function resolve(schema: Schema, root: Schema): Schema {
  let resolved = schema
  // A reference to itself ends nowhere.
  for (let steps = 0; resolved.$ref !== undefined && steps < 20; steps += 1) {
    const { $ref, ...beside } = resolved
    resolved = { ...schemaAt($ref, root as JsonSchema), ...beside }
  }
  return resolved
}

/** Returns what values a schema accepts. */
export function shapeOf(given: Schema, root: Schema): Shape {
  const schema = merged(resolve(given, root), root)
  if ('const' in schema) return { kind: 'const', value: schema.const }
  if (schema.enum) return { kind: 'enum', values: schema.enum }
  const options = optionsOf(schema)
  if (options) return shapeOfUnion(options, root)
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return { kind: schema.type }
    case 'number':
    case 'integer':
      return { kind: 'number' }
    case 'array':
      if (schema.prefixItems) return { kind: 'tuple', items: schema.prefixItems }
      return { kind: 'array', items: typeof schema.items === 'object' ? schema.items : {} }
    case 'object':
      return shapeOfObject(schema)
    default:
      return { kind: 'any' }
  }
}

function shapeOfObject({ properties, required, additionalProperties }: Schema): Shape {
  if (properties) {
    return {
      kind: 'object',
      properties: Object.entries(properties).map(([name, schema]) => ({
        name,
        schema,
        isRequired: required?.includes(name) ?? false,
      })),
    }
  }
  if (additionalProperties === false) return { kind: 'object', properties: [] }
  return { kind: 'record', values: typeof additionalProperties === 'object' ? additionalProperties : {} }
}

function shapeOfUnion(options: readonly Schema[], root: Schema): Shape {
  const resolved = options.map((option) => resolve(option, root))
  const types = new Set(resolved.map(({ type }) => type))
  const isJson = ['string', 'number', 'boolean', 'null', 'array', 'object'].every((type) => types.has(type))
  if (isJson) return { kind: 'any' }
  const others = options.filter((_, index) => resolved[index]?.type !== 'null')
  const [only = {}] = others
  if (others.length < options.length && others.length > 0) {
    return { kind: 'nullable', inner: others.length === 1 ? only : { anyOf: others } }
  }
  if (others.length === 1) return shapeOf(only, root)
  if (resolved.every((option) => 'const' in option)) {
    return { kind: 'enum', values: resolved.map((option) => option.const) }
  }
  return { kind: 'union', options }
}

/** Returns the alternatives of a schema, if it has any. */
function optionsOf(schema: Schema): readonly Schema[] | undefined {
  const { anyOf, oneOf, type } = schema
  if (anyOf ?? oneOf) return anyOf ?? oneOf
  return Array.isArray(type) ? type.map((each: string) => ({ ...schema, type: each })) : undefined
}

/** Returns a schema whose parts must all hold as one, where they are objects. */
function merged(schema: Schema, root: Schema): Schema {
  if (!schema.allOf) return schema
  const { allOf, ...rest } = schema
  const parts = [...allOf.map((part) => merged(resolve(part, root), root)), rest]
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  }
}
