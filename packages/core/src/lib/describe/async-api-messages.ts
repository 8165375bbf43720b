import { declaredErrorStatus } from '../error.js'
import type { CommandDocument, JsonSchema, StreamDocument } from './document.js'
import { dotted } from './procedure-text.js'
import { type Reference, referenceTo, type SchemaComponents } from './schema-components.js'
import { type DeclaredError, payloadIn, protocol, type SentEvent } from './sent-events.js'

/** The version of the HTTP bindings. */
const bindingVersion = '0.3.0'

/** Returns an HTTP binding, of an operation or a message. */
export function http(binding: JsonSchema): JsonSchema {
  return { http: { ...binding, bindingVersion } }
}

/** A message of a channel. */
export interface ChannelMessage {
  /** The key in the channel, where a declared name has no `$` and no dot. */
  readonly key: string
  /** The name of the component. */
  readonly name: string
  readonly reference: Reference
}

/** The messages and schemas of an AsyncAPI document. */
export class AsyncApiParts {
  readonly schemas: SchemaComponents
  readonly #messages = new Map<string, JsonSchema>()

  constructor(schemas: SchemaComponents) {
    this.schemas = schemas
  }

  get components(): JsonSchema {
    return { schemas: this.schemas.all, messages: Object.fromEntries(this.#messages) }
  }

  /** Adds a message. One of the same name is the same message. */
  message(key: string, name: string, { payload, ...message }: MessageFields): ChannelMessage {
    if (!this.#messages.has(name)) {
      const inline = payload && this.schemas.inline(payload)
      this.#messages.set(name, {
        name: key,
        title: key,
        ...(inline && { contentType: 'application/json', payload: inline, ...this.#examplesOf(inline) }),
        ...message,
      })
    }
    return { key, name, reference: referenceTo(name, 'messages') }
  }

  /** Adds the message of a server-sent event. The event's fields beside its data are the headers of the message. */
  event({ name: key, description, data, id }: SentEvent, name: string): ChannelMessage {
    const headers = this.schemas.inline({
      type: 'object',
      properties: { event: { const: key }, ...(id !== 'never' && { id: protocol('Cursor') }) },
      required: ['event', ...(id === 'always' ? ['id'] : [])],
    })
    return this.message(key, name, {
      ...(description !== undefined && { summary: description }),
      headers,
      payload: data,
    })
  }

  /** Adds the message of a response. */
  response(
    key: string,
    name: string,
    statusCode: number,
    summary: string,
    payload?: JsonSchema,
  ): ChannelMessage {
    return this.message(key, name, {
      summary,
      ...(payload && { payload }),
      bindings: http({ statusCode }),
    })
  }

  /** Adds the messages of responses with a problem: those with a declared error, and any other. */
  problems(path: string, errors: readonly DeclaredError[]): readonly ChannelMessage[] {
    const contentType = 'application/problem+json'
    const declared = errors.map(({ code, problem }) =>
      this.message(`error.${code}`, `${dotted(path)}.errors.${code}`, {
        summary: `Refused with the declared error "${code}".`,
        payload: problem,
        contentType,
        bindings: http({ statusCode: declaredErrorStatus }),
      }),
    )
    const other = this.message('$problem', 'Tidings.problem', {
      summary: 'Any other refusal or failure. Its status is in the problem.',
      payload: protocol('Problem'),
      contentType,
    })
    return [...declared, other]
  }

  /** Adds the message of a request that calls a procedure. `key` is the schema of its idempotency key. */
  input(path: string, { input }: CommandDocument | StreamDocument, key: JsonSchema): ChannelMessage {
    const name = `${dotted(path)}.input`
    const headers = this.schemas.inline({ type: 'object', properties: { 'Idempotency-Key': key } })
    return this.message('$input', name, {
      summary: input ? 'The input.' : 'No input: a body is not read.',
      ...(input && { payload: payloadIn(this.schemas, name, input) }),
      contentType: 'application/json',
      bindings: http({ headers }),
    })
  }

  #examplesOf(payload: JsonSchema): JsonSchema {
    const { examples } = this.schemas.resolved(payload)
    return Array.isArray(examples) && examples.length > 0
      ? { examples: examples.map((example) => ({ payload: example })) }
      : {}
  }
}

interface MessageFields {
  readonly summary?: string
  readonly payload?: JsonSchema
  readonly contentType?: string
  readonly headers?: JsonSchema
  readonly bindings?: JsonSchema
}
