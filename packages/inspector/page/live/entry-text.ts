import type { Entry } from './entry-log.js'
import { formatJsonTree, parseJsonTree } from './json-tree.js'

/** Returns the time of an entry, to the millisecond: `14:03:05.120`. */
export function timeOf({ at }: Entry): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

/** Returns a cursor with the beginning of its epoch alone: `k3x9….12`. */
export function shortCursor(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  const dot = cursor.indexOf('.')
  return dot > 5 ? `${cursor.slice(0, 4)}…${cursor.slice(dot)}` : cursor
}

/** Returns as much of a text as a row can show. */
export function shortText(text: string): string {
  return text.length > 400 ? text.slice(0, 400) : text
}

/** Returns an entry as text to copy: a payload as indented JSON. */
export function copyText({ kind, text }: Entry): string {
  if (kind !== 'event' && kind !== 'snapshot') return text
  const node = parseJsonTree(text)
  return node ? formatJsonTree(node) : text
}

/** Returns the size of a text as it travelled: `1.2 kB`. */
export function sizeOf(text: string): string {
  const bytes = new TextEncoder().encode(text).length
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
