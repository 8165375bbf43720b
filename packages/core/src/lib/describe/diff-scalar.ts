import { type Effect, narrowed, unknown, widened } from './diff-change.js'
import type { Comparison } from './diff-comparison.js'
import { stringRules } from './diff-value.js'
import { exactFormatKeyword, type JsonSchema, patternKeyword } from './document.js'

/** Compares strings: their length, patterns and formats. */
export function compareStrings(
  comparison: Comparison,
  before: JsonSchema,
  after: JsonSchema,
  path: string,
): void {
  compareSizes(comparison, before, after, 'Length', 'characters', path)
  const were = rulesOf(before)
  const are = rulesOf(after)
  const lost = were.filter((rule) => !are.includes(rule))
  const added = are.filter((rule) => !were.includes(rule))
  if (lost.length > 0 || added.length > 0) {
    const effect = lost.length === 0 ? narrowed : added.length === 0 ? widened : unknown
    const sentence = `had to be ${shownRules(before)} and has to be ${shownRules(after)}`
    const isCodec = codecOf(before) !== codecOf(after)
    comparison.add(path, isCodec ? 'codec-changed' : 'format-changed', effect, sentence)
  }
  comparison.compareRest(before, after, stringKeywords, path)
}

const stringKeywords = ['type', 'minLength', 'maxLength', ...stringRules]

/** Compares numbers: whole or not, their range, and what they are multiples of. */
export function compareNumbers(
  comparison: Comparison,
  before: JsonSchema,
  after: JsonSchema,
  path: string,
): void {
  const [wasWhole, isWhole] = [before, after].map(({ type }) => type === 'integer')
  if (wasWhole !== isWhole) {
    const sentence = wasWhole
      ? 'was a whole number and may be any number'
      : 'was any number and has to be a whole one'
    comparison.add(path, wasWhole ? 'type-widened' : 'type-narrowed', wasWhole ? widened : narrowed, sentence)
  }
  for (const end of ['minimum', 'maximum'] as const) {
    const was = boundOf(before, end)
    const is = boundOf(after, end)
    if (was.at === is.at && was.isOpen === is.isOpen) continue
    const isTighter = end === 'minimum' ? isAbove(is, was) : isAbove(was, is)
    const sentence = `had the ${end} ${shownBound(was)} and has ${shownBound(is)}`
    comparison.add(
      path,
      isTighter ? 'range-narrowed' : 'range-widened',
      isTighter ? narrowed : widened,
      sentence,
    )
  }
  const was = before['multipleOf']
  const is = after['multipleOf']
  if (was !== is) {
    const sentence = `was a multiple of ${was ?? 'any number'} and is one of ${is ?? 'any number'}`
    comparison.add(path, 'multiple-changed', effectOfMultiple(was, is), sentence)
  }
  comparison.compareRest(before, after, numberKeywords, path)
}

const numberKeywords = ['type', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']

/** Compares the least and the most characters of text, or items of a list. */
export function compareSizes(
  comparison: Comparison,
  before: JsonSchema,
  after: JsonSchema,
  of: 'Length' | 'Items',
  unit: string,
  path: string,
): void {
  const least = (schema: JsonSchema) => sizeOf(schema[`min${of}`], 0)
  const most = (schema: JsonSchema) => sizeOf(schema[`max${of}`], Number.POSITIVE_INFINITY)
  if (least(before) !== least(after)) {
    const isTighter = least(after) > least(before)
    const sentence = `had at least ${least(before)} ${unit} and has at least ${least(after)}`
    comparison.add(
      path,
      isTighter ? 'size-narrowed' : 'size-widened',
      isTighter ? narrowed : widened,
      sentence,
    )
  }
  if (most(before) !== most(after)) {
    const isTighter = most(after) < most(before)
    const shown = (size: number) => (size === Number.POSITIVE_INFINITY ? 'any number of' : `at most ${size}`)
    const sentence = `had ${shown(most(before))} ${unit} and has ${shown(most(after))} ${unit}`
    comparison.add(
      path,
      isTighter ? 'size-narrowed' : 'size-widened',
      isTighter ? narrowed : widened,
      sentence,
    )
  }
}

function sizeOf(value: unknown, byDefault: number): number {
  return typeof value === 'number' ? value : byDefault
}

/** Returns what text has to match. A format with its pattern is one rule, and with the codec of its values. */
function rulesOf(schema: JsonSchema): string[] {
  const { allOf, format, pattern, contentEncoding } = schema
  const parts = Array.isArray(allOf) ? (allOf as JsonSchema[]) : []
  const rule = [schema[exactFormatKeyword], format, schema[patternKeyword], pattern, contentEncoding]
  const own = rule.some((value) => value !== undefined) ? [JSON.stringify(rule)] : []
  return [...new Set([...own, ...parts.flatMap(rulesOf)])]
}

function shownRules(schema: JsonSchema): string {
  const shown = rulesOf(schema).map((rule) => {
    const [exact, format, flagged, pattern, encoding] = JSON.parse(rule) as unknown[]
    const name = exact ?? format ?? encoding ?? undefined
    if (name !== undefined) return isCodecName(name) ? `the text of a ${name}` : `in the format ${name}`
    return `like ${flagged ?? `/${pattern}/`}`
  })
  return shown.length === 0 ? 'any text' : shown.join(' and ')
}

/** Returns what a program holds for the text, where that is not the text. */
function codecOf({ [exactFormatKeyword]: name }: JsonSchema): unknown {
  return isCodecName(name) ? name : undefined
}

const codecNames: readonly unknown[] = ['Date', 'bigint', 'Uint8Array', 'URL']

function isCodecName(name: unknown): boolean {
  return codecNames.includes(name)
}

interface Bound {
  readonly at: number
  /** Whether the bound itself is outside. */
  readonly isOpen: boolean
}

function boundOf(schema: JsonSchema, end: 'minimum' | 'maximum'): Bound {
  const sign = end === 'minimum' ? -1 : 1
  const closed = schema[end]
  const open = schema[end === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum']
  const bounds: Bound[] = [
    ...(typeof closed === 'number' ? [{ at: closed, isOpen: false }] : []),
    ...(typeof open === 'number' ? [{ at: open, isOpen: true }] : []),
  ]
  const unbound = { at: sign * Number.POSITIVE_INFINITY, isOpen: false }
  const tightest = bounds.reduce((one, other) => (isAbove(one, other) === sign > 0 ? other : one), unbound)
  if (schema['type'] !== 'integer') return tightest
  const at = tightest.isOpen ? tightest.at - sign : tightest.at
  // zod writes the bounds of safe integers for any integer.
  return Math.abs(at) >= Number.MAX_SAFE_INTEGER ? unbound : { at, isOpen: false }
}

/** Whether a bound is above another. At the same number, one that excludes it counts as above a minimum. */
function isAbove(one: Bound, other: Bound): boolean {
  return one.at === other.at ? one.isOpen && !other.isOpen : one.at > other.at
}

function shownBound({ at, isOpen }: Bound): string {
  return Number.isFinite(at) ? `${at}${isOpen ? ', which is excluded' : ''}` : 'none'
}

function effectOfMultiple(was: unknown, is: unknown): Effect {
  if (typeof was !== 'number') return narrowed
  if (typeof is !== 'number') return widened
  if (is % was === 0) return narrowed
  return was % is === 0 ? widened : unknown
}
