import * as z from 'zod/mini'
import type * as zod from 'zod/v4/core'
import {
  bigintDefinition,
  bytesDefinition,
  type CodecDefinition,
  isoDateDefinition,
  urlDefinition,
} from '../codec-definitions.js'
import { exactFormatKeyword, type JsonSchema, patternKeyword } from './document.js'
import { documentFault, lengthAt, textAt, within } from './document-fault.js'
import { safePattern } from './safe-pattern.js'

type Check = zod.$ZodCheck<string>

/** Reads the schema of a text: its length, format and pattern. */
export function readText(schema: JsonSchema, path: string): z.ZodMiniString {
  const [minLength, maxLength] = (['minLength', 'maxLength'] as const).map((keyword) =>
    lengthAt(schema[keyword], within(path, keyword)),
  )
  const format = formatCheck(schema, path)
  const checks: (Check | undefined)[] = [
    minLength === undefined ? undefined : z.minLength(minLength),
    maxLength === undefined ? undefined : z.maxLength(maxLength),
    // The pattern of a format is zod's own, and tests the same.
    ...(format ? [format] : [patternCheck(schema, path), flaggedPatternCheck(schema, path)]),
  ]
  const [first, ...rest] = checks.filter((check) => check !== undefined)
  return first ? z.string().check(first, ...rest) : z.string()
}

function formatCheck(schema: JsonSchema, path: string): Check | undefined {
  const exact = textAt(schema[exactFormatKeyword], within(path, exactFormatKeyword))
  const format = textAt(schema['format'], within(path, 'format'))
  const [name = '', ...given] = (exact ?? format ?? '').slice(0, 200).split(' ')
  if (Object.hasOwn(codecs, name)) return textOf(codecs[name] as CodecDefinition<string, unknown>, name)
  if (given.some((option) => option.startsWith('pattern='))) return undefined
  const make = Object.hasOwn(formats, name) ? formats[name] : undefined
  return make?.(optionsOf(given)) as Check | undefined
}

/** The codecs of Tidings whose values travel as text. */
const codecs: Readonly<Record<string, CodecDefinition<string, unknown>>> = {
  Date: isoDateDefinition,
  bigint: bigintDefinition,
  Uint8Array: bytesDefinition,
  URL: urlDefinition,
}

/** Checks that a codec decodes the text. */
function textOf({ decode }: CodecDefinition<string, unknown>, name: string): Check {
  const decodes = (text: string) => {
    const payload: zod.ParsePayload = { value: text, issues: [] }
    decode(text, payload)
    return payload.issues.length === 0
  }
  return z.refine(decodes, { error: `Invalid input: expected the text of a ${name}` })
}

type Options = Readonly<Record<string, unknown>>

/** The formats of zod, and those of JSON Schema that zod has under another name. */
const formats: Readonly<Record<string, (options: Options) => unknown>> = {
  base64: () => z.base64(),
  base64url: () => z.base64url(),
  cidrv4: () => z.cidrv4(),
  cidrv6: () => z.cidrv6(),
  cuid: () => z.cuid(),
  cuid2: () => z.cuid2(),
  date: () => z.iso.date(),
  'date-time': () => z.iso.datetime({ offset: true }),
  datetime: ({ offset, local, precision }) =>
    z.iso.datetime({ offset: offset === true, local: local === true, ...precisionOf(precision) }),
  duration: () => z.iso.duration(),
  e164: () => z.e164(),
  email: () => z.email(),
  emoji: () => z.emoji(),
  guid: () => z.guid(),
  ipv4: () => z.ipv4(),
  ipv6: () => z.ipv6(),
  jwt: () => z.jwt(),
  ksuid: () => z.ksuid(),
  nanoid: () => z.nanoid(),
  time: ({ precision }) => z.iso.time(precisionOf(precision)),
  ulid: () => z.ulid(),
  uri: () => z.url(),
  url: () => z.url(),
  uuid: ({ version }) =>
    typeof version === 'string' && /^v[1-8]$/.test(version) ? z.uuid({ version: version as 'v4' }) : z.uuid(),
  xid: () => z.xid(),
}

function precisionOf(precision: unknown): { readonly precision?: number } {
  const isKnown =
    typeof precision === 'number' && Number.isInteger(precision) && precision >= -1 && precision < 20
  return isKnown ? { precision } : {}
}

function optionsOf(given: readonly string[]): Options {
  return Object.fromEntries(
    given.map((option) => {
      const [name = '', ...rest] = option.split('=')
      const text = rest.join('=')
      return [name, text === 'true' ? true : /^-?\d{1,9}$/.test(text) ? Number(text) : text]
    }),
  )
}

function patternCheck(schema: JsonSchema, path: string): Check | undefined {
  const at = within(path, 'pattern')
  const source = textAt(schema['pattern'], at)
  return source === undefined ? undefined : expressionCheck(source, '', at)
}

function flaggedPatternCheck(schema: JsonSchema, path: string): Check | undefined {
  const at = within(path, patternKeyword)
  const text = textAt(schema[patternKeyword], at)
  const [, source, flags] = /^\/(.*)\/([ims]*)$/s.exec(text ?? '') ?? []
  return source === undefined ? undefined : expressionCheck(source, flags, at)
}

/** Checks a text with an expression. One that may take too long is not tested: the server decides. */
function expressionCheck(source: string, flags: string | undefined, path: string): Check | undefined {
  let safe: ReturnType<typeof safePattern>
  try {
    safe = safePattern(source, flags)
  } catch {
    throw documentFault(path, 'is not a regular expression')
  }
  if (!safe) return undefined
  const { expression, maxTextLength } = safe
  if (maxTextLength === Number.POSITIVE_INFINITY) return z.regex(expression)
  const error = `Invalid string: must match pattern ${expression}`
  return z.refine((text: string) => text.length > maxTextLength || expression.test(text), { error })
}
