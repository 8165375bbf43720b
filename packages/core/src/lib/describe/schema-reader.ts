import * as z from 'zod/mini'
import * as zod from 'zod/v4/core'
import { markJsonOnly } from '../json-only.js'
import type { Schema } from '../types/schema.js'
import { boundTests, type TestBudget, testBudget, withinBudget } from './bounded-tests.js'
import { exactFormatKeyword, type JsonSchema } from './document.js'
import { brief, documentFault, lengthAt, listAt, numberAt, objectAt, within } from './document-fault.js'
import { checkReferences, maxDepth } from './references.js'
import { definitionName } from './schema-names.js'
import { readText } from './text-reader.js'
import { readUnion } from './union-reader.js'

/** How many schemas a document may have. */
const maxSchemas = 100_000

/** The names of a property that cannot be one of an object. */
const unsafeNames: readonly string[] = ['__proto__']

/** Any JSON, which a schema without keywords takes. */
const anyJson = boundTests(markJsonOnly(z.json()))

/** Reads the JSON Schemas of one document as schemas of zod, whose values are what travels. */
export class SchemaReader {
  #count = 0
  /** For the tests of the document's defaults, all together. */
  readonly #defaults = testBudget()

  /** @throws TidingsError `invalid_contract` for a schema with a mistake, or beyond a bound */
  read(schema: unknown, path: string): Schema {
    const root = objectAt(schema, path)
    const defs = root['$defs'] === undefined ? {} : objectAt(root['$defs'], within(path, '$defs'))
    checkReferences(defs, within(path, '$defs'))
    const read = new PayloadReader(defs, path, () => this.count(path), this.#defaults).read(root, path, 0)
    return markJsonOnly(read)
  }

  /** Counts a schema. @throws TidingsError `invalid_contract` for one too many */
  count(path: string): void {
    this.#count += 1
    if (this.#count > maxSchemas) throw documentFault(path, `is one of more than ${maxSchemas} schemas`)
  }
}

class PayloadReader {
  readonly #defs: JsonSchema
  readonly #path: string
  readonly #count: () => void
  readonly #defaults: TestBudget
  /** The definitions that were read; undefined while one is being read. */
  readonly #read = new Map<string, Schema | undefined>()

  constructor(defs: JsonSchema, path: string, count: () => void, defaults: TestBudget) {
    this.#defs = defs
    this.#defaults = defaults
    this.#path = path
    this.#count = count
  }

  read(given: unknown, path: string, depth: number): Schema {
    this.#count()
    if (depth > maxDepth) throw documentFault(path, `is nested more than ${maxDepth} schemas deep`)
    if (given === true) return anyJson
    if (given === false) return z.never()
    const schema = objectAt(given, path)
    const read = boundTests(this.#combined(schema, path, depth))
    return boundTests(described(withDefault(read, schema, this.#defaults), schema))
  }

  /** Reads a schema with what it refers to, and its unions and intersections. */
  #combined(schema: JsonSchema, path: string, depth: number): Schema {
    const parts: Schema[] = []
    const inner = (keyword: string, beside: JsonSchema = {}) =>
      listAt(schema[keyword], within(path, keyword))?.map((member, index) => {
        const whole = typeof member === 'object' && member !== null ? { ...beside, ...member } : member
        return this.read(whole, within(within(path, keyword), index), depth + 1)
      })
    if (schema['$ref'] !== undefined)
      parts.push(this.#referenced(schema['$ref'], within(path, '$ref'), depth))
    const base = this.#base(schema, path, depth)
    if (base) parts.push(base)
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const members = inner(keyword)
      if (members) parts.push(readUnion(members, keyword, within(path, keyword)))
    }
    // A member without a type has that of the schema: `{ pattern }`.
    const { type } = schema
    parts.push(...(inner('allOf', isScalar(type) ? { type } : {}) ?? []))
    return parts.length === 0 ? anyJson : parts.reduce((left, right) => z.intersection(left, right))
  }

  #referenced(ref: unknown, path: string, depth: number): Schema {
    const name = typeof ref === 'string' ? definitionName(ref) : undefined
    if (name === undefined || !Object.hasOwn(this.#defs, name)) {
      throw documentFault(path, `is ${brief(ref)}, which is not one of the $defs of ${this.#path}`)
    }
    const known = this.#read.get(name)
    if (known) return known
    const refused = documentFault(path, 'refers to a definition that was refused')
    if (this.#read.has(name)) {
      return z.lazy(() => {
        const found = this.#read.get(name)
        if (!found) throw refused
        return found as z.ZodMiniType
      })
    }
    this.#read.set(name, undefined)
    const read = this.read(this.#defs[name], within(within(this.#path, '$defs'), name), depth + 1)
    this.#read.set(name, read)
    return read
  }

  /** Reads what a schema says by itself; undefined for nothing. */
  #base(schema: JsonSchema, path: string, depth: number): Schema | undefined {
    const { not, type } = schema
    if (typeof not === 'object' && not !== null && Object.keys(not).length === 0) return z.never()
    if (schema['const'] !== undefined) return literals([schema['const']], within(path, 'const'))
    const choices = listAt(schema['enum'], within(path, 'enum'))
    if (choices) return literals(choices, within(path, 'enum'))
    if (type === undefined) return undefined
    if (!Array.isArray(type)) return this.#typed(type, schema, path, depth)
    if (type.length > maxDepth) throw documentFault(within(path, 'type'), 'has too many types')
    return readUnion(
      type.map((each) => this.#typed(each, schema, path, depth)),
      'anyOf',
      within(path, 'type'),
    )
  }

  #typed(type: unknown, schema: JsonSchema, path: string, depth: number): Schema {
    switch (type) {
      case 'string':
        return readText(schema, path)
      case 'number':
      case 'integer':
        return readNumber(schema, type, path)
      case 'boolean':
        return z.boolean()
      case 'null':
        return z.null()
      case 'object':
        return this.#object(schema, path, depth)
      case 'array':
        return this.#array(schema, path, depth)
      default:
        throw documentFault(within(path, 'type'), `is ${brief(type)}, which is not a type of JSON Schema`)
    }
  }

  #object(schema: JsonSchema, path: string, depth: number): Schema {
    const at = within(path, 'properties')
    const properties = Object.entries(
      schema['properties'] === undefined ? {} : objectAt(schema['properties'], at),
    )
    const required = new Set(listAt(schema['required'], within(path, 'required')))
    const others = schema['additionalProperties']
    const rest =
      others === undefined ? anyJson : this.read(others, within(path, 'additionalProperties'), depth + 1)
    if (properties.length === 0 && schema['propertyNames'] !== undefined && others !== false) {
      return this.#record(schema['propertyNames'], rest, required, within(path, 'propertyNames'), depth)
    }
    const shape = new Map<string, Schema>()
    for (const [name, property] of properties) {
      if (unsafeNames.includes(name))
        throw documentFault(at, `has the name ${name}, which no object can have`)
      const read = this.read(property, within(at, name), depth + 1)
      shape.set(name, required.has(name) ? read : z.optional(read))
    }
    for (const name of required) {
      if (typeof name !== 'string' || unsafeNames.includes(name)) {
        throw documentFault(
          within(path, 'required'),
          `has ${brief(name)}, which is not the name of a property`,
        )
      }
      if (!shape.has(name)) shape.set(name, rest)
    }
    const fields = Object.fromEntries(shape)
    return others === false ? z.strictObject(fields) : z.catchall(z.object(fields), rest as z.ZodMiniType)
  }

  #record(
    names: unknown,
    values: Schema,
    required: ReadonlySet<unknown>,
    path: string,
    depth: number,
  ): Schema {
    const keys = this.read(names, path, depth + 1)
    const choices = [...((keys as zod.$ZodTypes)._zod.values ?? [])]
    const isText = (keys as zod.$ZodTypes)._zod.def.type === 'string'
    if (choices.some((choice) => typeof choice !== 'string') || !(isText || choices.length > 0)) {
      return z.record(z.string(), values)
    }
    const isExhaustive = choices.length > 0 && choices.every((choice) => required.has(choice))
    return choices.length === 0 || isExhaustive
      ? z.record(keys as z.ZodMiniString, values)
      : z.partialRecord(keys as z.ZodMiniString, values)
  }

  #array(schema: JsonSchema, path: string, depth: number): Schema {
    const [least, most] = (['minItems', 'maxItems'] as const).map((keyword) =>
      lengthAt(schema[keyword], within(path, keyword)),
    )
    const first = listAt(schema['prefixItems'], within(path, 'prefixItems'))
    const { items = true } = schema
    const rest = items === false ? undefined : this.read(items, within(path, 'items'), depth + 1)
    const checks = [
      least === undefined ? undefined : z.minLength(least),
      most === undefined ? undefined : z.maxLength(most),
    ].filter((check) => check !== undefined)
    const list = first
      ? this.#tuple(first, rest, least ?? 0, within(path, 'prefixItems'), depth)
      : listOf(rest)
    return list.check(...(checks as never[]))
  }

  #tuple(items: readonly unknown[], rest: Schema | undefined, least: number, path: string, depth: number) {
    const read = items.map((item, index) => {
      const schema = this.read(item, within(path, index), depth + 1)
      return index < least ? schema : z.optional(schema)
    })
    return (rest ? z.tuple(read as never, rest as z.ZodMiniType) : z.tuple(read as never)) as z.ZodMiniType
  }
}

function listOf(items: Schema | undefined): z.ZodMiniType {
  return z.array(items ?? z.never())
}

function isScalar(type: unknown): boolean {
  return type === 'string' || type === 'number' || type === 'integer'
}

function literals(values: readonly unknown[], path: string): Schema {
  if (values.length === 0) return z.never()
  for (const value of values) {
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) continue
    throw documentFault(path, `has ${brief(value)}. Expected texts, numbers, booleans or null`)
  }
  return z.literal(values as string[])
}

function readNumber(schema: JsonSchema, type: 'number' | 'integer', path: string): Schema {
  const bound = (keyword: string) => numberAt(schema[keyword], within(path, keyword))
  const [minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf] = (
    ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'] as const
  ).map(bound)
  if (multipleOf !== undefined && multipleOf <= 0) {
    throw documentFault(within(path, 'multipleOf'), `is ${multipleOf}. Expected a number above 0`)
  }
  const checks = [
    minimum === undefined ? undefined : z.gte(minimum),
    exclusiveMinimum === undefined ? undefined : z.gt(exclusiveMinimum),
    maximum === undefined ? undefined : z.lte(maximum),
    exclusiveMaximum === undefined ? undefined : z.lt(exclusiveMaximum),
    multipleOf === undefined ? undefined : z.multipleOf(multipleOf),
  ].filter((check) => check !== undefined)
  return (type === 'integer' ? z.int() : z.number()).check(...(checks as never[]))
}

/** Adds the default. A value with a default that does not fit may be omitted, and then has none. */
function withDefault(read: Schema, schema: JsonSchema, budget: TestBudget): Schema {
  const { default: value } = schema
  if (value === undefined) return read
  return withinBudget(budget, () => fits(read, value))
    ? z._default(read, () => structuredClone(value) as never)
    : z.optional(read)
}

function fits(schema: Schema, value: unknown): boolean {
  try {
    return zod.safeParse(schema, value).success
  } catch {
    // A definition that it refers to is not read yet.
    return true
  }
}

/** Registers the texts of a schema, so that a description of the contract has them again. */
function described(read: Schema, schema: JsonSchema): Schema {
  const texts = ['title', 'description', 'deprecated', 'examples', exactFormatKeyword]
    .filter((keyword) => schema[keyword] !== undefined)
    .map((keyword) => [keyword, schema[keyword]] as const)
  if (texts.length === 0) return read
  // Not the schema itself, which may be one that others use as well.
  const own = zod.clone(read)
  zod.globalRegistry.add(own, Object.fromEntries(texts))
  return own
}
