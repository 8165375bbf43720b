import { declaredErrorStatus, type ErrorCode, statusOfCode } from '../error.js'
import type { JsonSchema } from './document.js'
import { type Reference, referenceTo, type SchemaComponents } from './schema-components.js'
import { protocol } from './sent-events.js'

const problemType = 'application/problem+json'

/** What a status means, with the codes of its problems. A key of its own is the name of the component. */
const refusals = {
  BadRequest: {
    code: 'bad_request',
    description:
      'The request is malformed (`bad_request`), or its values do not fit the contract (`invalid_input`, with `issues` that say where).',
  },
  Unauthorized: { code: 'unauthorized', description: 'The caller is not authenticated (`unauthorized`).' },
  Forbidden: { code: 'forbidden', description: 'The caller is not allowed to do this (`forbidden`).' },
  NotFound: { code: 'not_found', description: 'It does not exist, or no longer (`not_found`).' },
  Conflict: {
    code: 'conflict',
    description:
      'The request contradicts another: its key was used before, or a newer one overtook it (`conflict`).',
  },
  Gone: {
    code: 'gone',
    description: 'The connection, or this position of the run, no longer exists (`gone`).',
  },
  PayloadTooLarge: {
    code: 'payload_too_large',
    description: 'The body exceeds the limit (`payload_too_large`).',
  },
  UnsupportedMediaType: {
    code: 'unsupported_media_type',
    description: 'The body is not declared as JSON in UTF-8 (`unsupported_media_type`).',
  },
  TooManyRequests: {
    code: 'too_many_requests',
    description: 'A limit is reached (`too_many_requests`).',
    canRetry: true,
  },
  Internal: {
    code: 'internal',
    description: 'The server failed (`internal`). The details stay on the server.',
  },
  Unavailable: {
    code: 'unavailable',
    description: 'The server is closing or overloaded (`unavailable`), or the run is lost (`interrupted`).',
    canRetry: true,
  },
} as const satisfies Record<string, { code: ErrorCode; description: string; canRetry?: boolean }>

export type Refusal = keyof typeof refusals

/** The refusals that every request can have. */
const always: readonly Refusal[] = ['Unauthorized', 'Forbidden', 'TooManyRequests', 'Internal', 'Unavailable']

/** The parts of an OpenAPI document that operations share, and only those that some operation uses. */
export class OpenApiParts {
  readonly schemas: SchemaComponents
  readonly #responses = new Map<string, JsonSchema>()
  readonly #parameters = new Map<string, JsonSchema>()
  readonly #headers = new Map<string, JsonSchema>()

  constructor(schemas: SchemaComponents) {
    this.schemas = schemas
  }

  /** Returns the components that are in use. */
  get components(): JsonSchema {
    const all = {
      schemas: this.schemas.all,
      responses: Object.fromEntries(this.#responses),
      parameters: Object.fromEntries(this.#parameters),
      headers: Object.fromEntries(this.#headers),
    }
    return Object.fromEntries(Object.entries(all).filter(([, parts]) => Object.keys(parts).length > 0))
  }

  /** Returns a schema of Tidings' own. */
  protocol(name: Parameters<typeof protocol>[0]): JsonSchema {
    return this.schemas.inline(protocol(name))
  }

  /** Returns the responses of an operation that refuse it, by status. */
  refusals(some: readonly Refusal[], others: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
    const named = [...some, ...always].map((name) => {
      const { code, ...refusal } = refusals[name]
      return [String(statusOfCode[code]), this.#response(name, refusal)] as const
    })
    // Integer keys come first, in order.
    return { ...Object.fromEntries(named), ...others, default: this.problem() }
  }

  /** Returns the response that is any refusal or failure. */
  problem(): Reference {
    return this.#response('Problem', { description: 'Any other refusal or failure.' })
  }

  #response(name: string, { description, canRetry = false }: { description: string; canRetry?: boolean }) {
    if (!this.#responses.has(name)) {
      this.#responses.set(name, {
        description,
        ...(canRetry && { headers: { 'Retry-After': this.#retryAfter() } }),
        content: { [problemType]: { schema: this.protocol('Problem') } },
      })
    }
    return referenceTo(name, 'responses')
  }

  #retryAfter(): Reference {
    this.#headers.set('RetryAfter', {
      description: 'Seconds to wait before trying again, rounded up.',
      schema: { type: 'integer', minimum: 0 },
    })
    return referenceTo('RetryAfter', 'headers')
  }

  /** Adds a parameter that operations share. Returns the reference to it. */
  parameter(name: string, parameter: JsonSchema): Reference {
    this.#parameters.set(name, parameter)
    return referenceTo(name, 'parameters')
  }

  /** Returns the parameters with which a client resumes. */
  positions(): readonly Reference[] {
    const schema = this.protocol('Cursor')
    const description = 'The `id` of the last event that was received: the next event is the one after it.'
    return [
      this.parameter('Last-Event-ID', { name: 'Last-Event-ID', in: 'header', description, schema }),
      this.parameter('lastEventId', {
        name: 'lastEventId',
        in: 'query',
        description: `${description} For clients that cannot set the header, which prevails.`,
        schema,
      }),
    ]
  }
}

/** Returns the response to a request that fails with an error that the contract declares. */
export function declaredRefusal(problems: readonly JsonSchema[]): Readonly<Record<string, JsonSchema>> {
  const [first, ...others] = problems
  if (!first) return {}
  const schema = others.length === 0 ? first : { oneOf: problems }
  const description = 'Refused with an error that the contract declares, told by its `code`.'
  return { [declaredErrorStatus]: { description, content: { [problemType]: { schema } } } }
}
