import {
  type Effect,
  harmless,
  narrowed,
  omissionOfDefault,
  optionalNow,
  requiredNow,
  reversed,
  type Verdict,
  widened,
  worstOf,
} from './diff-change.js'
import type { Comparison } from './diff-comparison.js'
import { isTaken, nameOf, type SchemaSource } from './diff-value.js'
import type { JsonSchema } from './document.js'

/** Compares objects and records: each key, and what they do with keys that they do not declare. */
export function compareObjects(
  comparison: Comparison,
  before: JsonSchema,
  after: JsonSchema,
  path: string,
): void {
  const keysBefore = keysOf(before)
  const keysAfter = keysOf(after)
  for (const key of new Set([...keysBefore, ...keysAfter])) {
    const at = `${path}.${key}`
    if (!keysAfter.has(key) && isLost(after)) compareKeyOfOne(comparison, before, after, key, at, 'removed')
    else if (!keysBefore.has(key) && isLost(before))
      compareKeyOfOne(comparison, after, before, key, at, 'added')
    else compareKey(comparison, before, after, key, at)
  }
  compareOtherKeys(comparison, before, after, path)
  comparison.compareRest(before, after, objectKeywords, path)
}

const objectKeywords = ['type', 'properties', 'required', 'additionalProperties', 'propertyNames']

/** Returns the schema of the keys of an object that it does not declare. Without one, they are dropped or refused. */
function othersOf({ additionalProperties: others }: JsonSchema): unknown {
  return typeof others === 'object' && others !== null ? others : others === true ? {} : undefined
}

/** Whether an object has nothing for keys that it does not declare. */
function isLost(schema: JsonSchema): boolean {
  return othersOf(schema) === undefined
}

function propertiesOf({ properties }: JsonSchema): Readonly<Record<string, unknown>> {
  return typeof properties === 'object' && properties !== null ? (properties as JsonSchema) : {}
}

const requiredKeys = new WeakMap<object, ReadonlySet<unknown>>()

function isRequired({ required }: JsonSchema, key: string): boolean {
  if (!Array.isArray(required)) return false
  const known = requiredKeys.get(required) ?? new Set(required)
  requiredKeys.set(required, known)
  return known.has(key)
}

function keysOf(schema: JsonSchema): Set<string> {
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : []
  return new Set([...Object.keys(propertiesOf(schema)), ...required])
}

function schemaOf(schema: JsonSchema, key: string): unknown {
  const properties = propertiesOf(schema)
  return Object.hasOwn(properties, key) ? properties[key] : (othersOf(schema) ?? {})
}

/** Returns how a reader that requires a key is affected by the sender's version of it. */
function omission({ place }: Comparison, source: SchemaSource, schema: JsonSchema, key: string): Verdict {
  if (isRequired(schema, key)) return 'safe'
  return 'default' in source.resolve(schemaOf(schema, key)) ? omissionOfDefault(place) : 'breaking'
}

function compareKey(
  comparison: Comparison,
  before: JsonSchema,
  after: JsonSchema,
  key: string,
  path: string,
): void {
  const was = isRequired(before, key)
  const is = isRequired(after, key)
  const effect: Effect = {
    toOld: was ? omission(comparison, comparison.after, after, key) : 'safe',
    toNew: is ? omission(comparison, comparison.before, before, key) : 'safe',
  }
  if (was && !is) {
    comparison.add(path, 'key-optional', effect, optionalNow(effect), 'keep sending it')
  }
  if (is && !was) {
    const advice = 'leave it optional, or give it a default'
    comparison.add(path, 'key-required', effect, requiredNow(effect), advice)
  }
  const effectOfName: Effect = {
    toOld: mayRefuse(comparison.before, before, after, key) ? 'dangerous' : 'safe',
    toNew: mayRefuse(comparison.after, after, before, key) ? 'dangerous' : 'safe',
  }
  if (effectOfName.toOld !== effectOfName.toNew) {
    const sentence = 'is a key that only one version declares, and the other may refuse'
    comparison.add(path, 'key-undeclared', effectOfName, sentence)
  }
  comparison.compare(schemaOf(before, key), schemaOf(after, key), path)
}

/** Whether a record may refuse a key that only the other version declares, by its name. */
function mayRefuse(source: SchemaSource, record: JsonSchema, other: JsonSchema, key: string): boolean {
  const { propertyNames } = record
  const isDeclared = ({ properties }: JsonSchema) => Object.hasOwn(Object(properties), key)
  if (propertyNames === undefined || isDeclared(record) || !isDeclared(other)) return false
  return !isTaken(key, source.membersOf(propertyNames))
}

/** Adds the change of a key that only one version declares, as seen from the version that declares it. */
function compareKeyOfOne(
  comparison: Comparison,
  having: JsonSchema,
  lacking: JsonSchema,
  key: string,
  path: string,
  how: 'added' | 'removed',
): void {
  const source = how === 'added' ? comparison.after : comparison.before
  const received: Verdict = lacking['additionalProperties'] === false ? 'breaking' : comparison.dropped
  const missed: Verdict = isRequired(having, key) ? 'breaking' : 'safe'
  const effect: Effect = { toOld: received, toNew: missed }
  const what = nameOf(source.membersOf(schemaOf(having, key)))
  if (how === 'added') {
    const form = isRequired(having, key) ? 'required' : 'optional'
    const advice =
      missed === 'breaking'
        ? 'make it optional, or give it a default'
        : 'let the old version accept further keys first'
    const sender = comparison.dropped === 'safe' ? 'servers' : 'clients'
    const fates = [
      ...(missed === 'breaking' ? [`old ${sender} do not send`] : []),
      ...(received === 'dangerous' ? ['old servers ignore'] : []),
    ]
    const fate = fates.length > 0 ? `, which ${fates.join(' and ')}` : ''
    comparison.add(path, 'key-added', effect, `is new: ${what}, ${form}${fate}`, advice)
  } else {
    const advice = received === 'breaking' ? 'keep accepting it' : 'keep sending it'
    const fate = received === 'dangerous' ? ', and ignored where old clients send it' : ''
    comparison.add(path, 'key-removed', reversed(effect), `was ${what} and is gone${fate}`, advice)
  }
}

/** Compares what becomes of keys that neither version declares. */
function compareOtherKeys(comparison: Comparison, before: JsonSchema, after: JsonSchema, path: string): void {
  const were = othersOf(before)
  const are = othersOf(after)
  if (were !== undefined && are !== undefined) {
    if (before['propertyNames'] !== undefined || after['propertyNames'] !== undefined) {
      comparison.compare(before['propertyNames'] ?? text, after['propertyNames'] ?? text, `${path}.*$key`)
    }
    comparison.compare(were, are, `${path}.*`)
    return
  }
  const isStrict = (schema: JsonSchema) => schema['additionalProperties'] === false
  if (were === undefined && are === undefined) {
    if (isStrict(before) === isStrict(after)) return
    const sentence = isStrict(after)
      ? 'dropped further keys and refuses them now, so that no key can be added without breaking it'
      : 'refused further keys and drops them now'
    comparison.add(path, isStrict(after) ? 'keys-closed' : 'keys-opened', harmless, sentence)
    return
  }
  const lacking = were === undefined ? before : after
  const dropped = worstOf([comparison.dropped, 'dangerous'])
  const verdict = isStrict(lacking) ? 'breaking' : dropped
  const effect = were === undefined ? { ...widened, toOld: verdict } : { ...narrowed, toNew: verdict }
  const sentence =
    were === undefined
      ? 'may have further keys now, which it had not'
      : 'had further keys, which are dropped or refused now'
  comparison.add(`${path}.*`, were === undefined ? 'keys-opened' : 'keys-closed', effect as Effect, sentence)
}

const text = { type: 'string' }
