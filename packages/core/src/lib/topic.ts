import * as zod from 'zod/v4/core'
import { canonicalJson } from './canonical.js'
import { TidingsError } from './error.js'
import { misfit, paramsCodec, type ValidationCode } from './payload-codec.js'
import type { Schema, Schemas } from './types/schema.js'

/** Encodes the params of one channel as the query string that names a topic, and decodes them. */
export interface TopicCodec {
  /**
   * Returns the query string, without `?`. It is canonical: equal params have equal text. Params with a default may be
   * omitted, and are in the text.
   *
   * @throws TidingsError with `code`, by default `invalid_output`, if the params do not fit; `bad_request` in place of
   * `invalid_output` if they fit but a URL cannot contain them
   */
  encode(params: unknown, code?: ValidationCode): string
  /**
   * Decodes params from a query string and ignores what the channel does not declare.
   *
   * @throws TidingsError `bad_request` for a parameter given twice, `invalid_input` if a param does not fit
   */
  decode(query: URLSearchParams): Readonly<Record<string, unknown>>
}

/** Makes the topic codec of a channel. `path` names the channel in errors. */
export function topicCodecOf(params: Schemas, path: string): TopicCodec {
  const names = Object.keys(params).sort()
  const texts = new Set(names.filter((name) => isText(params[name] as Schema)))
  const payload = paramsCodec(new zod.$ZodObject({ type: 'object', shape: { ...params } }))
  const what = `the params of ${path}`

  return {
    encode(value, code = 'invalid_output') {
      if (names.length === 0) return ''
      const wire = payload.encode(value, what, code) as Record<string, unknown>
      const pairs: string[] = []
      for (const name of names) {
        if (wire[name] === undefined) continue
        const text = texts.has(name) ? (wire[name] as string) : canonicalJson(wire[name])
        pairs.push(`${encodeURIComponent(name)}=${percentEncoded(text, name, what, code)}`)
      }
      return pairs.join('&')
    },
    decode(query) {
      const wire: Record<string, unknown> = {}
      for (const name of names) {
        const [text, second] = query.getAll(name)
        if (second !== undefined) {
          const message = `the query parameter "${name}" of ${path} is repeated. Send it once`
          throw new TidingsError({ code: 'bad_request', message })
        }
        if (text !== undefined) wire[name] = texts.has(name) ? text : parsed(text)
      }
      return payload.decode(wire, what) as Record<string, unknown>
    },
  }
}

/** Whether all values of a schema are encoded as text, which needs no quotes in a query string. */
function isText(schema: Schema): boolean {
  const { def } = (schema as zod.$ZodTypes)._zod
  const areTexts = (values: readonly unknown[]) => values.every((value) => typeof value === 'string')
  // Others that wrap one schema add no value of their own.
  if (def.type !== 'nullable' && 'innerType' in def) return isText(def.innerType)
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return true
    case 'enum':
      return areTexts(Object.values(def.entries))
    case 'literal':
      return areTexts(def.values)
    case 'union':
      return def.options.every(isText)
    case 'pipe':
      return isText(def.in)
    default:
      return false
  }
}

/** Parses JSON. Any other text is returned as it is, for the schema to refuse. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function percentEncoded(text: string, name: string, what: string, code: ValidationCode): string {
  try {
    return encodeURIComponent(text)
  } catch (cause) {
    const message = 'A URL cannot contain an unpaired surrogate'
    // Params that fit the schema are not this program's mistake: a client may have chosen them.
    throw misfit(code === 'invalid_output' ? 'bad_request' : code, what, [{ path: [name], message }], {
      cause,
    })
  }
}
