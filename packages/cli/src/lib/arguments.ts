import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { ChannelDocument, JsonSchema, PayloadDocument } from '@tidings/core/describe'
import { capitalized } from './capitalized.js'
import { suggestion } from './closest.js'
import { UsageError } from './exit-code.js'
import { unreadable } from './file-errors.js'
import type { Io } from './io.js'
import { listOf } from './procedure.js'
import { propertiesOf, valueFrom } from './schema-value.js'

/**
 * Makes the params of a topic of arguments: `roomId=lobby`, and `filter:={"from":1}` for JSON.
 *
 * @param path names the channel in errors
 */
export function paramsFrom(
  { params }: ChannelDocument,
  path: string,
  words: readonly string[],
): Record<string, unknown> {
  const schemas = Object.fromEntries(Object.entries(params).map(([name, { wire }]) => [name, wire]))
  return membersFrom(words, schemas, `"${path}"`, 'param')
}

/**
 * Makes the input of a command or stream, or the data of an event, of arguments: JSON, `@file` with JSON in it, `-` for
 * JSON from stdin, or `text=hello` for each key of an object. Returns undefined without arguments.
 *
 * @param what names the value in errors: `the input of "send"`
 */
export async function inputFrom(
  payload: PayloadDocument | null | undefined,
  what: string,
  words: readonly string[],
  io: Io,
): Promise<unknown> {
  const [word] = words
  if (word === undefined) return undefined
  if (!payload) throw new UsageError(`${capitalized(what)} is nothing: "${word}" is not needed`)
  const { wire } = payload
  const isPair = /^[^\s"{[:=]+:?=/.test(word)
  if (isPair && propertiesOf(wire)) return membersFrom(words, propertiesOf(wire) ?? {}, what, 'key', wire)
  if (words.length > 1) {
    throw new UsageError(
      propertiesOf(wire)
        ? `${capitalized(what)} is one JSON value, or key=value for each key, not "${word}" and "${words[1]}"`
        : `${capitalized(what)} is one value: quote "${words.join(' ')}"`,
    )
  }
  if (word === '-' || word === '@-') return jsonFrom(await textOf(io.stdin), 'stdin')
  if (word.startsWith('@')) return jsonFrom(await fileText(word.slice(1), io), word.slice(1))
  if (/^[{["]/.test(word)) return jsonFrom(word, what)
  return valueFrom(word, wire, wire, what)
}

/** Makes an object of `key=value` and `key:=json`. A nested key has dots: `author.name=ada`. */
function membersFrom(
  words: readonly string[],
  schemas: Readonly<Record<string, JsonSchema>>,
  what: string,
  noun: 'param' | 'key',
  root?: JsonSchema,
): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) throw new UsageError(`"${word}" is not a ${noun}: write it as name=value`)
    const isJson = word[at - 1] === ':'
    const name = word.slice(0, isJson ? at - 1 : at)
    const text = word.slice(at + 1)
    const { target, key, schema } = placeOf(name, members, schemas, root)
    if (!schema) throw unknownMember(name, Object.keys(schemas), what, noun)
    const scope = root ?? schema
    const value = isJson ? jsonFrom(text, `"${name}"`) : valueFrom(text, schema, scope, name, target[key])
    if (target[key] !== undefined && !Array.isArray(target[key])) {
      throw new UsageError(`"${name}" is given twice: write it once`)
    }
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  }
  return members
}

/** Returns the object that a name with dots puts its value into, and the schema of that value. */
function placeOf(
  name: string,
  members: Record<string, unknown>,
  schemas: Readonly<Record<string, JsonSchema>>,
  root: JsonSchema | undefined,
) {
  if (Object.hasOwn(schemas, name)) return { target: members, key: name, schema: schemas[name] }
  const steps = name.split('.')
  const key = steps.pop() ?? ''
  let target = members
  let level: Readonly<Record<string, JsonSchema>> | undefined = schemas
  for (const step of steps) {
    const schema: JsonSchema | undefined = level && Object.hasOwn(level, step) ? level[step] : undefined
    level = schema && propertiesOf(schema, root)
    if (!level || step === '__proto__') return { target, key, schema: undefined }
    target[step] ??= {}
    target = target[step] as Record<string, unknown>
  }
  return { target, key, schema: level && Object.hasOwn(level, key) ? level[key] : undefined }
}

function unknownMember(name: string, names: readonly string[], what: string, noun: 'param' | 'key') {
  const known = names.length > 0 ? `Its ${noun}s are: ${listOf(names)}` : `It has no ${noun}s`
  return new UsageError(`${capitalized(what)} has no ${noun} "${name}"${suggestion(name, names)}`, known)
}

function jsonFrom(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`${capitalized(what)} is not JSON: ${(cause as Error).message}`)
  }
}

async function fileText(name: string, { cwd }: Io): Promise<string> {
  try {
    return await readFile(resolve(cwd, name), 'utf8')
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
