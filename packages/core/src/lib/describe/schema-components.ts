import { canonicalJson } from '../canonical.js'
import { TidingsError } from '../error.js'
import type { JsonSchema } from './document.js'
import { mapInner, withKnownKeywords } from './json-schema.js'

/** A reference to another part of the document. */
export type Reference = { readonly $ref: string }

type Definitions = Readonly<Record<string, JsonSchema>>

const componentsPrefix = '#/components/schemas/'
const definitionsPrefix = '#/$defs/'

/**
 * The schemas of a document, each a component under a name of its own.
 *
 * The `$defs` of a payload's schema become components too, since a reference inside of a document is resolved from the
 * document's root. Equal definitions of several payloads become one component.
 */
export class SchemaComponents {
  readonly #components = new Map<string, JsonSchema>()
  /** The names of the components that were made of definitions, by the content of these. */
  readonly #nameOfDefinition = new Map<string, string>()
  readonly #finish: (schema: JsonSchema) => JsonSchema
  /** The definitions that every schema can refer to. */
  readonly shared: Definitions

  /** @param finish rewrites the keywords of each schema for the document's dialect */
  constructor(finish: (schema: JsonSchema) => JsonSchema, shared: Definitions = {}) {
    this.#finish = finish
    this.shared = shared
  }

  /** The components by name, in the order in which they were added. */
  get all(): Definitions {
    return Object.fromEntries(this.#components)
  }

  /** Adds the schema of a payload under a name that no other payload has. Returns the reference to it. */
  add(name: string, { $defs = {}, ...schema }: JsonSchema): Reference {
    const scope: Scope = { owner: name, definitions: $defs as Definitions }
    const { $ref, ...siblings } = schema
    // The payload is a definition as it stands.
    if (isLocal($ref) && Object.keys(siblings).length === 0) return this.#rewritten({ $ref }, scope) as never
    this.#components.set(name, {})
    this.#components.set(name, this.#rewritten(schema, scope))
    return referenceTo(name)
  }

  /** Returns the component that a schema refers to, or the schema itself. */
  resolved(schema: JsonSchema): JsonSchema {
    const { $ref } = schema
    const name = typeof $ref === 'string' ? $ref.replace(componentsPrefix, '') : ''
    return this.#components.get(name) ?? schema
  }

  /** Rewrites a schema that stands in the document itself, with references to what was added. */
  inline(schema: JsonSchema): JsonSchema {
    return this.#rewritten(schema, { owner: '', definitions: {} })
  }

  #rewritten(schema: JsonSchema, scope: Scope): JsonSchema {
    const { $ref, anyOf, ...others } = mapInner(withKnownKeywords(schema), (inner) =>
      this.#rewritten(inner, scope),
    )
    const [member, ...more] = Array.isArray(anyOf) ? membersOf(anyOf) : []
    return this.#finish({
      ...($ref !== undefined && { $ref: this.#resolved(String($ref), scope) }),
      ...(more.length > 0 ? { anyOf: [member, ...more] } : member),
      ...others,
    })
  }

  #resolved($ref: string, scope: Scope): string {
    if (!$ref.startsWith('#') || $ref.startsWith(componentsPrefix)) return $ref
    // The root of a payload's schema.
    if (!$ref.startsWith(definitionsPrefix)) return componentsPrefix + scope.owner + $ref.slice(1)
    const { definition, rest } = this.#split($ref, scope)
    return [componentsPrefix + this.#lift(definition, scope), ...rest].join('/')
  }

  /** Splits a reference to a definition, or to a part of one. */
  #split($ref: string, scope: Scope): { readonly definition: string; readonly rest: readonly string[] } {
    const path = $ref.slice(definitionsPrefix.length)
    // zod does not escape the names of definitions, which may contain a slash.
    if (this.#find(path, scope)) return { definition: path, rest: [] }
    const [step = '', ...rest] = path.split('/')
    return { definition: nameOfStep(step), rest }
  }

  #find(name: string, { definitions }: Scope): JsonSchema | undefined {
    if (Object.hasOwn(definitions, name)) return definitions[name]
    return Object.hasOwn(this.shared, name) ? this.shared[name] : undefined
  }

  /** Makes a component of a definition, once for each content. Returns its name. */
  #lift(definition: string, scope: Scope): string {
    const schema = this.#find(definition, scope)
    if (!schema) {
      const message = `The schema of ${scope.owner} refers to "${definitionsPrefix}${definition}", which it does not define`
      throw new TidingsError({ code: 'invalid_contract', message })
    }
    const content = this.#contentOf(definition, scope)
    const known = this.#nameOfDefinition.get(content)
    if (known !== undefined) return known
    const name = this.#freeName(definition, scope.owner)
    this.#nameOfDefinition.set(content, name)
    this.#components.set(name, {})
    this.#components.set(name, this.#rewritten(schema, scope))
    return name
  }

  /** Returns a text that is equal for definitions with the same name and content, including those they refer to. */
  #contentOf(definition: string, scope: Scope): string {
    if (!Object.hasOwn(scope.definitions, definition)) return canonicalJson({ shared: definition })
    const reached = new Map<string, JsonSchema | undefined>()
    let owner: string | undefined
    const reach = (name: string) => {
      if (reached.has(name)) return
      const schema = this.#find(name, scope)
      reached.set(name, schema)
      forEachReference(schema ?? {}, ($ref) => {
        if ($ref.startsWith(definitionsPrefix)) reach(this.#split($ref, scope).definition)
        else owner = scope.owner
      })
    }
    reach(definition)
    return canonicalJson([definition, owner ?? null, Object.fromEntries(reached)])
  }

  #freeName(definition: string, owner: string): string {
    const isUnnamed = definition.startsWith('__')
    const name = isUnnamed ? `${owner}.${definition.slice(2)}` : definition.replaceAll(/[^\w.-]/g, '_')
    for (let count = 1; ; count += 1) {
      const candidate = count === 1 ? name : `${name}_${count}`
      if (!this.#components.has(candidate)) return candidate
    }
  }
}

/** Where a schema stands: the component of its payload, and the definitions of that. */
interface Scope {
  readonly owner: string
  readonly definitions: Definitions
}

/** Returns the reference to a component. */
export function referenceTo(name: string, kind = 'schemas'): Reference {
  return { $ref: `#/components/${kind}/${name}` }
}

function isLocal($ref: unknown): $ref is string {
  return typeof $ref === 'string' && $ref.startsWith(definitionsPrefix)
}

function forEachReference(schema: JsonSchema, visit: ($ref: string) => void): void {
  if (typeof schema['$ref'] === 'string') visit(schema['$ref'])
  mapInner(schema, (inner) => {
    forEachReference(inner, visit)
    return inner
  })
}

/** Reads a step of a JSON pointer in a URL: RFC 6901 sections 4 and 6. */
function nameOfStep(step: string): string {
  const unescaped = (text: string) => text.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return unescaped(decodeURIComponent(step))
  } catch {
    return unescaped(step)
  }
}

/** Returns the members of a union that say something: each once, and none if one of them takes any value. */
function membersOf(anyOf: readonly JsonSchema[]): readonly JsonSchema[] {
  if (anyOf.some((member) => Object.keys(member).length === 0)) return []
  // Members that differ only in what a program holds are alike on the wire.
  return [...new Map(anyOf.map((member) => [canonicalJson(member), member])).values()]
}
