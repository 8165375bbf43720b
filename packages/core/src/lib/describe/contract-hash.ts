import { canonicalJson } from '../canonical.js'
import { sha256 } from '../sha256.js'
import { canonicalGraph, type GraphNode } from './canonical-graph.js'
import {
  exactFormatKeyword,
  type JsonSchema,
  type PayloadDocument,
  type PayloadDocuments,
  type ProcedureDocument,
  patternKeyword,
} from './document.js'
import { definitionName } from './schema-names.js'

/**
 * Hashes what travels: equal for contracts whose values and requests look alike on the wire, whatever their texts,
 * their order of keys, the names of their definitions and the codecs that a program reads them with.
 * See decision 021.
 */
export function hashOf(procedures: Readonly<Record<string, ProcedureDocument>>): string {
  const members = Object.entries(procedures).map(
    ([path, procedure]) => [path, procedureNode(procedure)] as const,
  )
  return sha256(canonicalGraph({ label: 'tidings 1', edges: sorted(members) }))
}

function procedureNode(procedure: ProcedureDocument): GraphNode {
  const { kind } = procedure
  const parts =
    kind === 'channel'
      ? { params: procedure.params, events: procedure.events, snapshot: only(procedure.snapshot) }
      : {
          input: only(procedure.input),
          output: only(procedure.output),
          errors: procedure.errors,
          ...(kind === 'stream' && { events: procedure.events }),
        }
  const edges = Object.entries(parts).flatMap(([part, payloads]) =>
    Object.entries(payloads).map(([name, payload]) => [`${part} ${name}`, payloadNode(payload)] as const),
  )
  return { label: kind, edges: sorted(edges) }
}

function only(payload: PayloadDocument | undefined): PayloadDocuments {
  return payload ? { '': payload } : {}
}

function payloadNode(payload: PayloadDocument | null): GraphNode {
  if (!payload) return { label: 'none', edges: [] }
  const { wire, optional } = payload
  return { label: optional ? 'optional' : 'payload', edges: [['', new SchemaGraph(wire).root]] }
}

function sorted<Edge extends readonly [string, unknown]>(edges: readonly Edge[]): Edge[] {
  return [...edges].sort(([one], [other]) => (one < other ? -1 : 1))
}

/** Keywords whose value is compared as it is. Those that are missing here do not decide what is valid. */
const plain: readonly string[] = [
  ...['const', 'default', 'multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', patternKeyword],
]

/** Keywords whose values have no order. */
const unordered: readonly string[] = ['type', 'enum', 'required']

/** A JSON Schema as a graph, in which a reference is the edge to what it refers to. */
class SchemaGraph {
  readonly root: GraphNode
  readonly #defs: Readonly<Record<string, JsonSchema>>
  readonly #nodes = new Map<JsonSchema, GraphNode>()

  constructor({ $defs = {}, ...schema }: JsonSchema) {
    this.#defs = $defs as Readonly<Record<string, JsonSchema>>
    this.root = this.#nodeOf(schema)
  }

  #nodeOf(given: JsonSchema): GraphNode {
    const known = this.#nodes.get(given)
    if (known) return known
    const schema = this.#resolved(given)
    const target = '$ref' in given && Object.keys(given).length === 1 ? this.#nodes.get(schema) : undefined
    if (target) return target
    const node: { label: string; edges: (readonly [string, GraphNode])[] } = {
      label: labelOf(schema),
      edges: [],
    }
    this.#nodes.set(given, node)
    if (!this.#nodes.has(schema)) this.#nodes.set(schema, node)
    node.edges.push(...this.#edgesOf(schema))
    return node
  }

  /** Follows references. What stands beside a reference is added to what it refers to. */
  #resolved(schema: JsonSchema): JsonSchema {
    const { $ref, ...beside } = schema
    if (typeof $ref !== 'string') return schema
    const target = this.#resolved(this.#defs[definitionName($ref) ?? ''] ?? {})
    return Object.keys(beside).length === 0 ? target : { ...target, ...beside }
  }

  #edgesOf(schema: JsonSchema): (readonly [string, GraphNode])[] {
    const edges: (readonly [string, GraphNode])[] = []
    for (const keyword of ['additionalProperties', 'propertyNames', 'items', 'not']) {
      const inner = schema[keyword]
      if (typeof inner !== 'object') continue
      // Other keys may hold any JSON by default.
      if (keyword === 'additionalProperties' && isAnything(this.#resolved(inner as JsonSchema))) continue
      edges.push([keyword, this.#nodeOf(inner as JsonSchema)])
    }
    for (const keyword of ['prefixItems', 'oneOf', 'allOf']) {
      for (const [index, inner] of ((schema[keyword] ?? []) as JsonSchema[]).entries()) {
        edges.push([`${keyword} ${index}`, this.#nodeOf(inner)])
      }
    }
    // A nullable schema that is made nullable again is the same.
    const members = new Map(this.#membersOf(schema).map((inner) => [bareTypeOf(inner) ?? inner, inner]))
    for (const [index, inner] of [...members.values()].entries()) {
      edges.push([`anyOf ${index}`, this.#nodeOf(inner)])
    }
    for (const [name, inner] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)) {
      edges.push([`properties ${name}`, this.#nodeOf(inner)])
    }
    return sorted(edges)
  }

  /** Returns the members of a union, with those of unions inside. A list of types is a union too. */
  #membersOf({ type, anyOf }: JsonSchema, within: ReadonlySet<unknown> = new Set()): readonly JsonSchema[] {
    if (Array.isArray(type)) return type.map((each) => ({ type: each }))
    if (!Array.isArray(anyOf) || within.has(anyOf)) return []
    return anyOf.flatMap((member: JsonSchema) => {
      const inner = this.#resolved(member)
      // Nothing else is required of a union inside.
      const isUnion = labelOf(inner) === '{}' && ('anyOf' in inner || Array.isArray(inner['type']))
      return isUnion ? this.#membersOf(inner, new Set(within).add(anyOf)) : [member]
    })
  }
}

/** Keywords with schemas inside. */
const combining: readonly string[] = [
  ...[
    'additionalProperties',
    'propertyNames',
    'properties',
    'items',
    'prefixItems',
    'not',
    'anyOf',
    'oneOf',
    'allOf',
  ],
]

function isAnything(schema: JsonSchema): boolean {
  return labelOf(schema) === '{}' && !('type' in schema) && !combining.some((keyword) => keyword in schema)
}

function bareTypeOf(schema: JsonSchema): unknown {
  return Object.keys(schema).length === 1 ? schema['type'] : undefined
}

function labelOf(schema: JsonSchema): string {
  const label: Record<string, unknown> = {}
  for (const keyword of plain) if (keyword in schema) label[keyword] = schema[keyword]
  for (const keyword of unordered) {
    // A list of types is a union.
    if (keyword in schema && !(keyword === 'type' && Array.isArray(schema[keyword])))
      label[keyword] = [schema[keyword]].flat().map(canonicalJson).sort()
  }
  for (const keyword of ['additionalProperties', 'items'])
    if (schema[keyword] === false) label[keyword] = false
  const format = schema[exactFormatKeyword] ?? schema['format'] ?? schema['contentEncoding']
  // zod improves the patterns of its formats from version to version.
  if (format !== undefined) label['format'] = format
  else if ('pattern' in schema) label['pattern'] = schema['pattern']
  return canonicalJson(label)
}
