import type { Colors } from '../output.js'
import { printable } from '../printable.js'

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
