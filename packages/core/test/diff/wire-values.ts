import type { JsonSchema } from '@tidings/core/describe'
import fc from 'fast-check'

/** The keywords of the schemas in the table. */
interface Keywords {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Keywords[]
  readonly oneOf?: readonly Keywords[]
  readonly properties?: Readonly<Record<string, Keywords>>
  readonly required?: string[]
  readonly additionalProperties?: Keywords | boolean
  readonly propertyNames?: Keywords
  readonly items?: Keywords | false
  readonly prefixItems?: readonly Keywords[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly $defs?: Readonly<Record<string, Keywords>>
}

/** Returns JSON values of a schema. Some may not fit: those that only a bound or a second pattern refuses. */
export function wireValuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const root: Keywords = schema
  const of = (node: Keywords, depth: number): fc.Arbitrary<unknown> => {
    const inside = (inner: Keywords) => of(inner, depth + 1)
    if (node.$ref === '#') return inside(root)
    if (node.$ref !== undefined) return inside(root.$defs?.[node.$ref.split('/')[2] ?? ''] ?? {})
    if ('const' in node) return fc.constant(node.const)
    if (node.enum) return fc.constantFrom(...node.enum)
    const union = node.anyOf ?? node.oneOf
    if (union) return fc.oneof(...union.map(inside))
    if (typeof node.type === 'object') return fc.oneof(...node.type.map((type) => inside({ ...node, type })))
    switch (node.type) {
      case 'string':
        return textsOf(node)
      case 'integer':
        return fc.integer({ min: -20, max: 20 })
      case 'number':
        return fc.oneof(
          fc.integer({ min: -20, max: 20 }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
        )
      case 'boolean':
        return fc.boolean()
      case 'null':
        return fc.constant(null)
      case 'array':
        return listsOf(node, depth > 3 ? () => fc.constant(0) : inside)
      case 'object':
        return objectsOf(node, inside)
      default:
        return fc.constantFrom('x', 1, null)
    }
  }
  return of(root, 0)
}

function textsOf({ minLength, maxLength, pattern, format }: Keywords): fc.Arbitrary<unknown> {
  if (format === 'email') return fc.constantFrom('ada@example.org', 'bob@example.com')
  if (format === 'uuid') return fc.uuid({ version: 4 })
  if (format === 'date-time') {
    return fc
      .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
      .map((date) => date.toISOString())
  }
  if (format === 'uri') return fc.webUrl()
  const samples = fc.constantFrom('2026-01-02T03:04:05.000Z', '7', '', 'az')
  if (pattern !== undefined) return fc.oneof(fc.stringMatching(new RegExp(pattern)), samples)
  return fc.oneof(fc.string({ minLength: minLength ?? 0, maxLength: maxLength ?? 12 }), samples)
}

function listsOf(
  { prefixItems = [], items, minItems = 0, maxItems = minItems + 2 }: Keywords,
  inside: (node: Keywords) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const first = fc.tuple(...prefixItems.map(inside))
  if (!items) return first
  const size = { minLength: Math.max(0, minItems - prefixItems.length), maxLength: maxItems }
  return fc.tuple(first, fc.array(inside(items), size)).map(([some, others]) => [...some, ...others])
}

function objectsOf(
  { properties = {}, required = [], additionalProperties, propertyNames }: Keywords,
  inside: (node: Keywords) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const shape = Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, inside(inner)]))
  const requiredKeys = required.filter((key) => key in shape)
  const declared = fc.record(shape, { requiredKeys })
  if (typeof additionalProperties !== 'object') return declared
  const names = propertyNames ? (inside(propertyNames) as fc.Arbitrary<string>) : fc.string()
  const others = fc.dictionary(names, inside(additionalProperties), { maxKeys: 3 })
  return fc.tuple(others, declared).map(([more, own]) => ({ ...more, ...own }))
}
