import { resolve, type Schema, shapeOf } from './json-schema.js'

/** Returns the type of a schema's values, as a reader of TypeScript knows it: `string[]`, `"a" | "b"`. */
export function typeText(given: Schema, root: Schema, depth = 0): string {
  const schema = resolve(given, root)
  const shape = shapeOf(schema, root)
  const inner = (part: Schema) => (depth > 2 ? '…' : typeText(part, root, depth + 1))
  switch (shape.kind) {
    case 'const':
      return JSON.stringify(shape.value)
    case 'enum':
      return shape.values.map((value) => JSON.stringify(value)).join(' | ')
    case 'number':
      return schema.type === 'integer' ? 'integer' : 'number'
    case 'array': {
      const item = inner(shape.items)
      return item.includes(' ') ? `(${item})[]` : `${item}[]`
    }
    case 'tuple':
      return `[${shape.items.map(inner).join(', ')}]`
    case 'record':
      return `{ [key]: ${inner(shape.values)} }`
    case 'nullable':
      return `${inner(shape.inner)} | null`
    case 'union':
      return [...new Set(shape.options.map(inner))].join(' | ')
    case 'any':
      return 'any JSON'
    default:
      return shape.kind
  }
}

/** Returns what a schema demands beyond its type, a text for each demand. */
export function constraintsOf(schema: Schema): string[] {
  const { pattern, multipleOf } = schema
  const format = formatOf(schema)
  return [
    format,
    rangeText(schema.minLength, schema.maxLength, ['character', 'characters']),
    rangeText(schema.minItems, schema.maxItems, ['item', 'items']),
    numberRange(schema),
    multipleOf === undefined ? undefined : `a multiple of ${multipleOf}`,
    // That of a format says less than its name.
    pattern === undefined || format !== undefined ? undefined : `/${pattern}/`,
    schema['x-tidings-pattern'],
  ].filter((text) => text !== undefined)
}

/** What the texts of Tidings' codecs stand for. */
const codecFormats: Readonly<Record<string, string>> = {
  Date: 'date-time',
  bigint: 'a bigint',
  Uint8Array: 'bytes in base64',
  URL: 'URL',
}

function formatOf({ format, 'x-tidings-format': exact }: Schema): string | undefined {
  return (exact === undefined ? undefined : codecFormats[exact]) ?? format ?? exact
}

function rangeText(
  min: number | undefined,
  max: number | undefined,
  [one, many]: [one: string, many: string],
): string | undefined {
  if (max === undefined) return min ? `at least ${min} ${min === 1 ? one : many}` : undefined
  if (min === max) return `${max} ${max === 1 ? one : many}`
  return min ? `${min} to ${max} ${many}` : `at most ${max} ${max === 1 ? one : many}`
}

function numberRange({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string | undefined {
  // JSON Schema writes the safe integers out.
  const low = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum
  const high = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (low !== undefined && high !== undefined) return `${low} to ${high}`
  return (
    [
      low === undefined ? undefined : `at least ${low}`,
      exclusiveMinimum === undefined ? undefined : `more than ${exclusiveMinimum}`,
      high === undefined ? undefined : `at most ${high}`,
      exclusiveMaximum === undefined ? undefined : `less than ${exclusiveMaximum}`,
    ]
      .filter((text) => text !== undefined)
      .join(', ') || undefined
  )
}
