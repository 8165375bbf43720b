const identifier = /^[A-Za-z_$][\w$]*$/

/** The width up to which a value is on one line. */
const lineWidth = 80

/** Returns a JSON value as a TypeScript literal: keys without quotes where they need none, strings in single quotes. */
export function literalOf(value: unknown, indentation = ''): string {
  if (typeof value === 'string') return textLiteral(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = `${indentation}  `
  const parts = Array.isArray(value)
    ? value.map((item) => literalOf(item, inner))
    : Object.entries(value).map(([key, member]) => `${keyLiteral(key)}: ${literalOf(member, inner)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{ ', ' }']
  if (parts.length === 0) return Array.isArray(value) ? '[]' : '{}'
  const line = open + parts.join(', ') + close
  if (indentation.length + line.length <= lineWidth && !line.includes('\n')) return line
  return `${open.trim()}\n${parts.map((part) => `${inner}${part},\n`).join('')}${indentation}${close.trim()}`
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
