import { type JsonSchema, schemaAt, valueKeyword } from '@tidings/core/describe'
import { optionFor } from './option-for.js'

const identifier = /^[A-Za-z_$][\w$]*$/

/** The width up to which a value is on one line. */
const lineWidth = 80

/**
 * Returns a JSON value as the TypeScript that a program gives for it: keys without quotes where they need none, strings
 * in single quotes, and `new Date('…')` where the schema of what is given has a `Date`.
 */
export function literalOf(value: unknown, given: JsonSchema = {}): string {
  return new LiteralWriter(given).write(value, given, '')
}

class LiteralWriter {
  /** Has the definitions that schemas refer to. */
  readonly #root: JsonSchema

  constructor(root: JsonSchema) {
    this.#root = root
  }

  write(value: unknown, given: JsonSchema | undefined, indentation: string): string {
    const schema = this.#resolve(given ?? {}, value)
    const kind = schema[valueKeyword]
    if (typeof value === 'string') return textOf(value, kind)
    if (typeof value !== 'object' || value === null) return String(value)
    const literal = Array.isArray(value)
      ? this.#array(value, schema, indentation)
      : this.#object(value, schema, indentation)
    if (kind !== 'Map' && kind !== 'Set') return literal
    // Without an item, the types come from what is expected.
    return literal === '[]' ? `new ${kind}()` : `new ${kind}(${literal})`
  }

  #array(items: readonly unknown[], schema: JsonSchema, indentation: string): string {
    const first = (schema['prefixItems'] ?? []) as readonly JsonSchema[]
    const rest = asSchema(schema['items'])
    const parts = items.map((item, index) => this.write(item, first[index] ?? rest, `${indentation}  `))
    return lines('[', parts, ']', indentation)
  }

  #object(value: object, schema: JsonSchema, indentation: string): string {
    const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>
    const rest = asSchema(schema['additionalProperties'])
    const parts = Object.entries(value).map(([key, member]) => {
      const given = Object.hasOwn(properties, key) ? properties[key] : rest
      return `${keyLiteral(key)}: ${this.write(member, given, `${indentation}  `)}`
    })
    return lines('{ ', parts, ' }', indentation)
  }

  /** Follows references, and chooses the option of a union that a value fits. */
  #resolve(schema: JsonSchema, value: unknown): JsonSchema {
    let current = schema
    // A reference that leads to itself leads nowhere.
    for (let step = 0; step < 20; step += 1) {
      const { $ref, anyOf, oneOf } = current
      const options = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined
      if (typeof $ref === 'string') current = this.#definition($ref)
      else if (options)
        current =
          optionFor(
            options.map((option) => this.#target(option)),
            value,
          ) ?? {}
      else return current
    }
    return {}
  }

  #target(schema: JsonSchema): JsonSchema {
    return typeof schema['$ref'] === 'string' ? this.#definition(schema['$ref']) : schema
  }

  #definition($ref: string): JsonSchema {
    return schemaAt($ref, this.#root) ?? {}
  }
}

/** Returns the value of a text: itself, or what a codec makes of it. */
function textOf(text: string, kind: unknown): string {
  const literal = textLiteral(text)
  switch (kind) {
    case 'Date':
    case 'URL':
      return `new ${kind}(${literal})`
    case 'bigint':
      return /^-?\d+$/.test(text) ? `${BigInt(text)}n` : literal
    case 'Uint8Array':
      return `Uint8Array.from(atob(${literal}), (character) => character.charCodeAt(0))`
    default:
      return literal
  }
}

/** Puts parts on one line if they fit, and otherwise each on a line of its own. */
function lines(open: string, parts: readonly string[], close: string, indentation: string): string {
  if (parts.length === 0) return open.trim() + close.trim()
  const line = open + parts.join(', ') + close
  if (indentation.length + line.length <= lineWidth && !line.includes('\n')) return line
  return `${open.trim()}\n${parts.map((part) => `${indentation}  ${part},\n`).join('')}${indentation}${close.trim()}`
}

function asSchema(schema: unknown): JsonSchema | undefined {
  return typeof schema === 'object' && schema !== null ? (schema as JsonSchema) : undefined
}

function keyLiteral(key: string): string {
  // `__proto__` without brackets would set the prototype.
  if (key === '__proto__') return "['__proto__']"
  return identifier.test(key) ? key : textLiteral(key)
}

function textLiteral(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
  return `'${escaped}'`
}
