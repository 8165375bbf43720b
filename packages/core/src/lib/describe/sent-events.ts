import type {
  ChannelDocument,
  JsonSchema,
  PayloadDocument,
  PayloadDocuments,
  StreamDocument,
} from './document.js'
import { dotted } from './procedure-text.js'
import type { ProtocolSchema } from './protocol-schemas.js'
import type { SchemaComponents } from './schema-components.js'

/** An event that a client receives: of a procedure, or a signal of Tidings' own. */
export interface SentEvent {
  readonly name: string
  readonly description: string | undefined
  /** The schema of its data, which travels as one line of JSON. */
  readonly data: JsonSchema
  /** Whether it has an id, which is a position to resume from. */
  readonly id: 'always' | 'sometimes' | 'never'
}

/** An error that a procedure declares. */
export interface DeclaredError {
  readonly code: string
  /** The schema of the problem document. */
  readonly problem: JsonSchema
}

/** The data of an event or error without any. */
const nothing: JsonSchema = { type: 'null' }

/** Returns the schema of a protocol's own value, for {@link SchemaComponents}. */
export function protocol(name: ProtocolSchema): JsonSchema {
  return { $ref: `#/$defs/Tidings.${name}` }
}

/** Adds the schema of a payload, and returns the reference to it. */
export function payloadIn(
  schemas: SchemaComponents,
  name: string,
  payload: PayloadDocument | null | undefined,
): JsonSchema {
  return payload ? schemas.add(name, payload.wire) : nothing
}

const open: SentEvent = {
  name: '$open',
  description: 'The first event of a connection.',
  data: protocol('Open'),
  id: 'sometimes',
}

const gap: SentEvent = {
  name: '$gap',
  description: 'Events were missed. A snapshot follows if the channel has one.',
  data: protocol('Gap'),
  id: 'sometimes',
}

/** Returns the events of a connection to one topic, and adds the schemas of their data. */
export function eventsOfChannel(
  path: string,
  { events, snapshot }: ChannelDocument,
  schemas: SchemaComponents,
): readonly SentEvent[] {
  const state: SentEvent[] = snapshot
    ? [
        {
          name: '$snapshot',
          description: 'The current state of the topic, which the events after it change.',
          data: payloadIn(schemas, `${dotted(path)}.snapshot`, snapshot),
          id: 'always',
        },
      ]
    : []
  const failure: SentEvent = {
    name: '$error',
    description: 'The last event of a connection that failed.',
    data: protocol('Error'),
    id: 'never',
  }
  return [open, ...state, ...declaredEvents(path, events, schemas), gap, failure]
}

/** Returns the events of a connection to one run, and adds the schemas of their data. */
export function eventsOfStream(
  path: string,
  { events, output }: StreamDocument,
  errors: readonly DeclaredError[],
  schemas: SchemaComponents,
): readonly SentEvent[] {
  const problems = errors.map(({ problem }) => problem)
  const end: SentEvent[] = [
    {
      name: '$output',
      description: 'The last event of a run that succeeded.',
      data: payloadIn(schemas, `${dotted(path)}.output`, output),
      id: 'always',
    },
    {
      name: '$error',
      description: 'The last event of a run or connection that failed.',
      data: problems.length > 0 ? { anyOf: [...problems, protocol('Error')] } : protocol('Error'),
      id: 'sometimes',
    },
  ]
  return [open, ...declaredEvents(path, events, schemas), ...end]
}

function declaredEvents(path: string, events: PayloadDocuments, schemas: SchemaComponents): SentEvent[] {
  return Object.entries(events).map(([name, payload]) => ({
    name,
    description: textIn(payload?.wire, 'description') ?? textIn(payload?.wire, 'title'),
    data: payloadIn(schemas, `${dotted(path)}.events.${name}`, payload),
    id: 'always',
  }))
}

/** Returns the errors that a procedure declares, and adds the schemas of their problem documents. */
export function declaredErrors(
  path: string,
  errors: PayloadDocuments,
  schemas: SchemaComponents,
): readonly DeclaredError[] {
  return Object.entries(errors).map(([code, payload]) => {
    const name = `${dotted(path)}.errors.${code}`
    const data = payload && schemas.add(`${name}.data`, payload.wire)
    const problem = schemas.add(name, {
      title: code,
      type: 'object',
      allOf: [protocol('Problem')],
      properties: { code: { const: code }, ...(data && { data }) },
      required: ['code', ...(data ? ['data'] : [])],
    })
    return { code, problem }
  })
}

/** The events of a shared connection that belong to no procedure. */
export const connectionEvents: readonly SentEvent[] = [
  { ...open, id: 'never' },
  {
    name: '$subscribed',
    description: 'Begins a topic. The ids of its events begin with its epoch.',
    data: protocol('Subscribed'),
    id: 'sometimes',
  },
  gap,
  {
    name: '$heartbeat',
    description: 'Keeps the connection alive.',
    data: { const: 0 },
    id: 'never',
  },
  {
    name: '$echo',
    description: 'The text of an `echo` in a control request.',
    data: { type: 'string' },
    id: 'never',
  },
  {
    name: '$reauthorize',
    description: 'Asks the client to authenticate again.',
    data: protocol('Reauthorize'),
    id: 'never',
  },
  {
    name: '$error',
    description: 'The last event of the connection or, with a `topic`, of one topic.',
    data: protocol('Error'),
    id: 'sometimes',
  },
]

function textIn(schema: JsonSchema | undefined, keyword: string): string | undefined {
  const text = schema?.[keyword]
  return typeof text === 'string' ? text : undefined
}
