/**
 * A JSON text, in its own order and with its own numbers: `JSON.parse` moves keys that look like indexes to the front,
 * and rounds `12345678901234567890`.
 */
export type JsonNode =
  | { readonly type: 'object'; readonly members: readonly JsonMember[] }
  | { readonly type: 'array'; readonly items: readonly JsonNode[] }
  | { readonly type: 'string'; readonly value: string }
  /** A number, as it is written. */
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'literal'; readonly text: 'true' | 'false' | 'null' }

export interface JsonMember {
  readonly key: string
  readonly value: JsonNode
}

/** Deeper values than this are not read: a page must not overflow its stack. */
const maxDepth = 500

/** Reads a JSON text. Returns undefined for a text that is not JSON, or is nested too deeply. */
export function parseJsonTree(text: string): JsonNode | undefined {
  try {
    const reader = new Reader(text)
    const node = reader.value(0)
    return reader.isAtEnd ? node : undefined
  } catch {
    return undefined
  }
}

const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const literalPattern = /true|false|null/y
const spacePattern = /[ \t\r\n]*/y

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    this.#take(spacePattern)
    return this.#at === this.#text.length
  }

  /** @throws for a text that is not JSON */
  value(depth: number): JsonNode {
    if (depth > maxDepth) throw new SyntaxError('The JSON is nested too deeply')
    this.#take(spacePattern)
    switch (this.#text[this.#at]) {
      case '{':
        return { type: 'object', members: this.#list('}', () => this.#member(depth + 1)) }
      case '[':
        return { type: 'array', items: this.#list(']', () => this.value(depth + 1)) }
      case '"':
        return { type: 'string', value: this.#string() }
      case 't':
      case 'f':
      case 'n':
        return { type: 'literal', text: this.#require(literalPattern) as 'true' }
      default:
        return { type: 'number', text: this.#require(numberPattern) }
    }
  }

  #member(depth: number): JsonMember {
    this.#take(spacePattern)
    const key = this.#string()
    this.#take(spacePattern)
    this.#expect(':')
    return { key, value: this.value(depth) }
  }

  #list<Item>(end: string, read: () => Item): Item[] {
    const items: Item[] = []
    this.#at += 1
    this.#take(spacePattern)
    if (this.#text[this.#at] === end) {
      this.#at += 1
      return items
    }
    while (true) {
      items.push(read())
      this.#take(spacePattern)
      if (this.#text[this.#at] === end) break
      this.#expect(',')
    }
    this.#at += 1
    return items
  }

  #string(): string {
    return JSON.parse(this.#require(stringPattern)) as string
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new SyntaxError(`Expected ${character} at ${this.#at}`)
    this.#at += 1
  }

  #require(pattern: RegExp): string {
    const found = this.#take(pattern)
    if (found === '') throw new SyntaxError(`Unexpected text at ${this.#at}`)
    return found
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}

/** Writes a node with two spaces of indentation, its strings and numbers as they were. */
export function formatJsonTree(node: JsonNode, indentation = ''): string {
  const inner = `${indentation}  `
  switch (node.type) {
    case 'object':
      return block(
        '{',
        '}',
        indentation,
        node.members.map(
          ({ key, value }) => `${inner}${JSON.stringify(key)}: ${formatJsonTree(value, inner)}`,
        ),
      )
    case 'array':
      return block(
        '[',
        ']',
        indentation,
        node.items.map((item) => inner + formatJsonTree(item, inner)),
      )
    case 'string':
      return JSON.stringify(node.value)
    default:
      return node.text
  }
}

function block(open: string, close: string, indentation: string, lines: readonly string[]): string {
  return lines.length === 0 ? open + close : `${open}\n${lines.join(',\n')}\n${indentation}${close}`
}
