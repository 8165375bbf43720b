import type { Colors } from '../output.js'

// Control characters, and those that reverse the direction of text: a terminal would obey them.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Returns text that a server or its users chose, with the characters escaped that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(unprintable, escaped)
}

/** Formats a value as JSON in one line, with colours. */
export function jsonLine(value: unknown, colors: Colors): string {
  if (value === undefined) return ''
  return colors.isColorSupported
    ? coloured(printable(JSON.stringify(value)), colors)
    : printable(JSON.stringify(value))
}

/** Formats a value as JSON that is indented, with colours. */
export function jsonText(value: unknown, colors: Colors): string {
  const lines = JSON.stringify(value, undefined, 2).split('\n').map(printable)
  return (colors.isColorSupported ? lines.map((line) => coloured(line, colors)) : lines).join('\n')
}

/** A key with its colon, another text, or a number, `true`, `false` or `null`. */
const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g

function coloured(json: string, colors: Colors): string {
  return json.replace(tokens, (token, text: string | undefined, colon: string | undefined) => {
    if (text === undefined) return colors.yellow(token)
    return colon === undefined ? colors.green(text) : colors.cyan(text) + colon
  })
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
