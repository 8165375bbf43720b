import { canonicalJson } from '../canonical.js'
import { exactFormatKeyword, type JsonSchema, patternKeyword } from './document.js'

/** A node of a JSON Schema. `false` accepts nothing. */
export type SchemaNode = JsonSchema | boolean

/** A value that a schema names: text, a number, `true`, `false` or `null`. */
export type Literal = string | number | boolean | null

/** The members of a schema taken apart: the values that it names, and one schema for each other kind of value. */
export interface Members {
  /** Accepts any JSON, or says nothing of what it accepts. */
  readonly isAny: boolean
  readonly literals: readonly Literal[]
  readonly branches: readonly Branch[]
}

export type BranchType = 'string' | 'number' | 'array' | 'object' | 'other'

export interface Branch {
  readonly type: BranchType
  readonly schema: JsonSchema
}

/** Keywords that do not change which values travel. */
export const textKeywords: ReadonlySet<string> = new Set([
  'title',
  'description',
  'examples',
  'deprecated',
  'default',
  'readOnly',
  'writeOnly',
  'id',
  '$id',
  '$anchor',
  '$comment',
  '$schema',
  '$defs',
])

/** How many references a reference may lead to. */
const maxReferences = 64

/** The schema of one payload, with the definitions that it refers to. */
export class SchemaSource {
  readonly #root: JsonSchema
  readonly #resolved = new WeakMap<object, JsonSchema>()
  readonly #members = new WeakMap<object, Members>()

  constructor(root: JsonSchema) {
    this.#root = root
  }

  /** Follows references. Returns the same object for the same node, so that a recursive schema is recognized. */
  resolve(node: unknown): JsonSchema {
    if (typeof node !== 'object' || node === null) return node === false ? nothing : anything
    const known = this.#resolved.get(node)
    if (known) return known
    let schema = node as JsonSchema
    for (let count = 0; typeof schema['$ref'] === 'string'; count += 1) {
      const { $ref, ...beside } = schema
      const target = count < maxReferences ? this.#find($ref as string) : undefined
      if (!target) {
        schema = { unresolved: $ref }
        break
      }
      schema = Object.keys(beside).length === 0 ? target : { ...target, ...beside }
    }
    this.#resolved.set(node, schema)
    return schema
  }

  #find(reference: string): JsonSchema | undefined {
    if (!reference.startsWith('#')) return undefined
    const steps = reference.slice(1).split('/').slice(1)
    let node: unknown = this.#root
    for (const step of steps) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined
      node = (node as JsonSchema)[name]
    }
    return typeof node === 'object' && node !== null ? (node as JsonSchema) : undefined
  }

  /** Takes a schema apart. A schema that accepts nothing has no members. */
  membersOf(node: unknown): Members {
    const schema = this.resolve(node)
    const known = this.#members.get(schema)
    if (known) return known
    // A union that contains itself adds nothing to itself.
    this.#members.set(schema, none)
    const members = this.#takeApart(schema)
    this.#members.set(schema, members)
    return members
  }

  #takeApart(schema: JsonSchema): Members {
    const { type, const: constant, enum: values, anyOf, oneOf, not } = schema
    const union = anyOf ?? oneOf
    if (Array.isArray(union)) return joined(union.map((member) => this.membersOf(member)))
    if ('const' in schema) return isLiteral(constant) ? { ...none, literals: [constant] } : other(schema)
    if (Array.isArray(values)) {
      return values.every(isLiteral) ? { ...none, literals: [...new Set(values)] } : other(schema)
    }
    if (isEmpty(not)) return none
    if (Array.isArray(type)) return joined(type.map((each) => this.#ofType({ ...schema, type: each })))
    return this.#ofType(schema)
  }

  #ofType(schema: JsonSchema): Members {
    switch (schema['type']) {
      case 'null':
        return { ...none, literals: [null] }
      case 'boolean':
        return { ...none, literals: [true, false] }
      case 'string':
      case 'array':
      case 'object':
        return { ...none, branches: [{ type: schema['type'], schema }] }
      case 'number':
      case 'integer':
        return { ...none, branches: [{ type: 'number', schema }] }
      default:
        return Object.keys(schema).every((key) => textKeywords.has(key)) ? any : other(schema)
    }
  }
}

const none: Members = { isAny: false, literals: [], branches: [] }
const any: Members = { ...none, isAny: true }
const anything: JsonSchema = {}
const nothing: JsonSchema = { not: {} }

function other(schema: JsonSchema): Members {
  return { ...none, branches: [{ type: 'other', schema }] }
}

function joined(all: readonly Members[]): Members {
  // A schema that is a member twice is one: unions inside each other would have as many as their combinations.
  const branches = new Map(
    all.flatMap((members) => members.branches).map((branch) => [branch.schema, branch]),
  )
  return {
    isAny: all.some(({ isAny }) => isAny),
    literals: [...new Set(all.flatMap(({ literals }) => literals))],
    branches: [...branches.values()],
  }
}

function isLiteral(value: unknown): value is Literal {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Keywords of text that are not tested here: an expression from outside the program may take forever. */
export const stringRules: readonly string[] = [
  'pattern',
  'format',
  'contentEncoding',
  exactFormatKeyword,
  patternKeyword,
  'allOf',
]

/** Whether a value is named by the members, or surely belongs to one of their branches. */
export function isTaken(value: Literal, { isAny, literals, branches }: Members): boolean {
  if (isAny) return true
  const named = namedBy.get(literals) ?? new Set(literals)
  namedBy.set(literals, named)
  return named.has(value) || branches.some(({ schema, type }) => accepts(schema, type, value))
}

const namedBy = new WeakMap<readonly Literal[], ReadonlySet<Literal>>()

function accepts(schema: Branch['schema'], type: Branch['type'], value: Literal): boolean {
  const within = (size: number, least: unknown, most: unknown) =>
    (typeof least !== 'number' || size >= least) && (typeof most !== 'number' || size <= most)
  if (type === 'string' && typeof value === 'string') {
    const isOpen = !stringRules.some((key) => key in schema)
    return isOpen && within(value.length, schema['minLength'], schema['maxLength'])
  }
  if (type === 'number' && typeof value === 'number') {
    const isOpen = !['multipleOf', 'exclusiveMinimum', 'exclusiveMaximum'].some((key) => key in schema)
    const isWhole = schema['type'] !== 'integer' || Number.isInteger(value)
    return isOpen && isWhole && within(value, schema['minimum'], schema['maximum'])
  }
  return false
}

/** Returns canonical JSON of a schema without its texts. */
export function structureOf(node: unknown): string {
  return canonicalJson(withoutTexts(node))
}

/** Keywords whose value is a record of schemas by name, where a name may be that of a keyword. */
const recordKeywords: ReadonlySet<string> = new Set(['properties', '$defs'])
const valueKeywords: ReadonlySet<string> = new Set(['enum', 'const', 'required'])

function withoutTexts(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutTexts)
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => key === '$defs' || !textKeywords.has(key))
      .map(([key, value]) => {
        if (valueKeywords.has(key)) return [key, value]
        if (!recordKeywords.has(key)) return [key, withoutTexts(value)]
        const inner = Object.entries(value as object).map(([name, each]) => [name, withoutTexts(each)])
        return [key, Object.fromEntries(inner)]
      }),
  )
}

/** Returns the words for a schema in a sentence: `a string`, `"a" or "b"`, `an object or null`. */
export function nameOf({ isAny, literals, branches }: Members): string {
  if (isAny) return 'any value'
  const isBoolean = literals.includes(true) && literals.includes(false)
  const shown = literals.filter((value) => value !== null && !(isBoolean && typeof value === 'boolean'))
  const names = [
    ...new Set(branches.map(branchName)),
    ...(isBoolean ? ['a boolean'] : []),
    ...(shown.length > 0 ? [listed(shown)] : []),
    ...(literals.includes(null) ? ['null'] : []),
  ]
  return names.length === 0 ? 'nothing' : names.join(' or ')
}

export function branchName({ type, schema }: Branch): string {
  if (type === 'other') return 'a value of a schema of its own'
  if (type === 'number') return schema['type'] === 'integer' ? 'an integer' : 'a number'
  return { string: 'a string', array: 'a list', object: 'an object' }[type]
}

/** How many values a message lists. */
const maxListed = 8

/** Lists values in a sentence: `"a", "b" or 3`. */
export function listed(values: readonly unknown[]): string {
  const texts = values.slice(0, maxListed).map((value) => JSON.stringify(value))
  if (values.length > maxListed) return `${texts.join(', ')} and ${values.length - maxListed} more`
  const last = texts.pop() ?? ''
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`
}
