import type * as zod from 'zod/v4/core'
import * as core from 'zod/v4/core'
import { checksOf } from '../plan-checks.js'
import { exactFormatKeyword, type JsonSchema, patternKeyword } from './document.js'

/** The names that JSON Schema has for formats of zod, where they differ. */
const keywordOf: Readonly<Record<string, string>> = { guid: 'uuid', url: 'uri', datetime: 'date-time' }

/** Formats that the keyword `format` does not describe exactly, so that the exact one is named beside it. */
const inexact: readonly string[] = ['guid', 'url', 'datetime', 'time']

/** Checks that zod makes of a text or an expression in the program, and that have no name of their own. */
const unnamed: readonly string[] = ['regex', 'starts_with', 'ends_with', 'includes', 'lowercase', 'uppercase']

/** Formats for which zod keeps a pattern that only tests the characters. */
const encodings: readonly string[] = ['base64', 'base64url']

/** Keys of a format's definition that are not an option of it. */
const notOptions: readonly string[] = [
  ...['type', 'check', 'format', 'pattern', 'fn', 'checks', 'abort', 'error', 'message', 'coerce', 'when'],
  ...['prefix', 'suffix', 'includes', 'normalize'],
]

/** Writes the schema of a text: its length, formats and patterns. */
export function textSchema(schema: zod.$ZodTypes): JsonSchema {
  const lengths: { minLength?: number; maxLength?: number } = {}
  const rules: JsonSchema[] = []
  for (const { _zod } of checksOf(schema)) {
    const def = _zod.def as zod.$ZodChecks['_zod']['def']
    switch (def.check) {
      case 'min_length':
        lengths.minLength = Math.max(lengths.minLength ?? 0, def.minimum)
        break
      case 'max_length':
        lengths.maxLength = Math.min(lengths.maxLength ?? Number.POSITIVE_INFINITY, def.maximum)
        break
      case 'length_equals':
        lengths.minLength = Math.max(lengths.minLength ?? 0, def.length)
        lengths.maxLength = Math.min(lengths.maxLength ?? Number.POSITIVE_INFINITY, def.length)
        break
      case 'string_format':
        rules.push(unnamed.includes(def.format) ? patternSchema(def.pattern) : formatSchema(def))
    }
  }
  const [first, ...rest] = rules.filter((rule) => Object.keys(rule).length > 0)
  return { type: 'string', ...lengths, ...first, ...(rest.length > 0 && { allOf: rest }) }
}

function formatSchema(def: zod.$ZodCheckStringFormatDef): JsonSchema {
  const { format } = def
  const keyword = keywordOf[format] ?? format
  const options = Object.entries(def)
    .filter(
      ([key, value]) => !notOptions.includes(key) && value !== undefined && value !== null && value !== false,
    )
    .map(([key, value]) => `${key}=${value instanceof RegExp ? value.source : String(value)}`)
  if (isGiven(def)) options.push(`pattern=${def.pattern.source}`)
  const exact = [format, ...options.sort()].join(' ')
  return {
    // A `format` that is stricter than the text would make others refuse it.
    ...(format !== 'time' && !('local' in def && def.local) && { format: keyword }),
    ...(encodings.includes(format) ? { contentEncoding: format } : patternSchema(def.pattern)),
    ...((exact !== keyword || inexact.includes(format)) && { [exactFormatKeyword]: exact }),
  }
}

/** Whether the pattern of a format is the program's and not zod's. */
function isGiven(
  def: zod.$ZodCheckStringFormatDef,
): def is zod.$ZodCheckStringFormatDef & { pattern: RegExp } {
  if (!def.pattern || encodings.includes(def.format)) return false
  return (def.format === 'email' && def.pattern !== core.regexes.email) || 'fn' in def
}

/** Writes an expression. JSON Schema has no flags: one with flags is kept, and not as `pattern`. */
export function patternSchema(pattern: RegExp | undefined): JsonSchema {
  if (!pattern) return {}
  const flags = pattern.flags.replace(/[dguvy]/g, '')
  return flags === '' ? { pattern: pattern.source } : { [patternKeyword]: `/${pattern.source}/${flags}` }
}
