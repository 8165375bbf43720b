import { definitionName, type JsonSchema, schemaAt } from '@tidings/core/describe'
import { printableLines } from './printable.js'

/** Where a schema is printed. */
interface Place {
  /** Has the definitions that the schema refers to. */
  readonly root: JsonSchema
  /** Characters before the first line. */
  readonly offset: number
  readonly indent: number
  readonly columns: number
  /** The definitions that the schema is in. */
  readonly inside: readonly string[]
}

/** Levels of a schema that are printed. */
const maxDepth = 24

/**
 * Writes a schema as a TypeScript type, for people: `{ text: string (1…2000), sentAt: string (date-time) }`. What is too
 * long for one line has one for each key, with the key's description.
 */
export function schemaText(schema: JsonSchema, place: Pick<Place, 'offset' | 'indent' | 'columns'>): string {
  return printableLines(typeText(schema, { ...place, root: schema, inside: [] }))
}

function typeText(schema: JsonSchema | boolean, place: Place): string {
  if (typeof schema === 'boolean') return schema ? 'anything' : 'never'
  const { inside, root } = place
  if (inside.length > maxDepth) return '…'
  const ref = schema['$ref']
  if (typeof ref === 'string') return referenceText(ref, place)
  if ('const' in schema) return JSON.stringify(schema['const'])
  const values = schema['enum']
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ')
  const within = { ...place, inside: [...inside, ''], root }
  for (const [key, sign] of [
    ['anyOf', ' | '],
    ['oneOf', ' | '],
    ['allOf', ' & '],
  ] as const) {
    const parts = schema[key]
    if (Array.isArray(parts)) {
      return [...new Set(parts.map((part) => typeText(part as JsonSchema, within)))].join(sign)
    }
  }
  const types = schema['type']
  if (Array.isArray(types)) return types.map((type) => typeText({ ...schema, type }, within)).join(' | ')
  if (types === 'array') return arrayText(schema, within)
  if (types === 'object') return objectText(schema, within)
  if (typeof types !== 'string') return 'anything'
  return types + boundsText(schema, types)
}

function referenceText(ref: string, place: Place): string {
  const name = ref === '#' ? 'this' : (definitionName(ref) ?? ref)
  const target = place.inside.includes(ref) ? undefined : schemaAt(ref, place.root)
  return target ? typeText(target, { ...place, inside: [...place.inside, ref] }) : name
}

function arrayText(schema: JsonSchema, place: Place): string {
  const { prefixItems, items } = schema as { prefixItems?: JsonSchema[]; items?: JsonSchema }
  if (prefixItems) return `[${prefixItems.map((item) => typeText(item, place)).join(', ')}]`
  const item = typeText(items ?? {}, place)
  const bounds = rangeText(schema['minItems'], schema['maxItems'])
  return `${/ [|&] /.test(item) && !item.startsWith('{') ? `(${item})` : item}[]${bounds}`
}

function objectText(schema: JsonSchema, place: Place): string {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Readonly<Record<string, JsonSchema>>
    required?: readonly string[]
    additionalProperties?: JsonSchema | boolean
  }
  const names = Object.keys(properties)
  const rest = typeof additionalProperties === 'object' ? additionalProperties : undefined
  const keys = [
    ...names.map((name) => ({
      key: `${/^[\w$]+$/.test(name) ? name : JSON.stringify(name)}${required.includes(name) ? '' : '?'}`,
      schema: properties[name] ?? {},
    })),
    ...(rest ? [{ key: '[key: string]', schema: rest }] : []),
  ]
  if (keys.length === 0) return '{}'
  const flat = keys.map(({ key, schema: inner }) => `${key}: ${typeText(inner, place)}`).join(', ')
  const isShort = place.offset + flat.length + 4 <= place.columns && !flat.includes('\n')
  if (isShort && !keys.some((one) => remarkOf(one.schema))) return `{ ${flat} }`
  const indent = place.indent + 2
  const pad = ' '.repeat(indent)
  const lines = keys.map(({ key, schema: inner }) => {
    const type = typeText(inner, { ...place, indent, offset: indent + key.length + 2 })
    const remark = remarkOf(inner)
    return `${remark ? `${pad}// ${remark}\n` : ''}${pad}${key}: ${type}`
  })
  return `{\n${lines.join('\n')}\n${' '.repeat(place.indent)}}`
}

function remarkOf(schema: JsonSchema): string | undefined {
  const { description, title, deprecated } = schema as Readonly<Record<string, unknown>>
  const text = [deprecated === true && 'Deprecated.', description ?? title].filter(Boolean).join(' ')
  return text === '' ? undefined : text.replace(/\s+/g, ' ')
}

function boundsText(schema: JsonSchema, type: string): string {
  const { format, minLength, maxLength, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  if (type === 'string') {
    if (typeof format === 'string') return ` (${format})`
    return rangeText(minLength, maxLength)
  }
  const isSafe = (bound: unknown) => typeof bound === 'number' && Math.abs(bound) === Number.MAX_SAFE_INTEGER
  const low = isSafe(minimum)
    ? undefined
    : (minimum ?? (exclusiveMinimum === undefined ? undefined : `>${exclusiveMinimum}`))
  const high = isSafe(maximum)
    ? undefined
    : (maximum ?? (exclusiveMaximum === undefined ? undefined : `<${exclusiveMaximum}`))
  return rangeText(low, high)
}

function rangeText(low: unknown, high: unknown): string {
  return low === undefined && high === undefined ? '' : ` (${low ?? ''}…${high ?? ''})`
}
