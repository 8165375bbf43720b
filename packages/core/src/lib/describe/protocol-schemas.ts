import { runIdPattern } from '../run-key.js'
import type { JsonSchema } from './document.js'

const text = (description: string): JsonSchema => ({ type: 'string', description })
const ms = (description: string): JsonSchema => ({ type: 'number', minimum: 0, description })

const object = (
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema => ({ type: 'object', description, properties, required })

const topicKey = text('The key of a topic or run: `room?roomId=lobby`, `complete?$run=<id>`.')
const cursor: JsonSchema = { $ref: '#/$defs/Tidings.Cursor' }
const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/Tidings.${name}` })

const gapReason: JsonSchema = {
  type: 'string',
  description:
    'Why the events were missed: the cursor is older than the history (`expired`), the history was lost (`history_lost`), or the cursor is not one (`invalid`). Newer servers may send others.',
  examples: ['expired', 'history_lost', 'invalid'],
}

const problemFields: Readonly<Record<string, JsonSchema>> = {
  title: text('The name of the status.'),
  status: { type: 'integer', description: 'The HTTP status.' },
  detail: text('Says what failed, with which value, and what to do about it.'),
  code: text('The kind of failure, which does not change: decide by this.'),
  data: { description: 'The data of an error that the contract declares.' },
  issues: {
    type: 'array',
    description: 'Where a value does not fit its schema.',
    items: object(
      'One place where a value does not fit.',
      {
        path: { type: 'array', items: { type: ['string', 'number'] } },
        message: { type: 'string' },
        code: { type: 'string' },
      },
      ['path', 'message'],
    ),
  },
  retryAfterMs: ms('Milliseconds to wait before trying again.'),
}
const problemRequired = ['title', 'status', 'detail', 'code']

/** The schemas of what Tidings itself sends and takes, by their names without the prefix `Tidings.`. */
const schemas = {
  Cursor: {
    type: 'string',
    description: 'A position in a log: `<epoch>.<seq>`.',
    pattern: '^[A-Za-z0-9_-]{1,64}\\.(0|[1-9][0-9]*)$',
  },
  Problem: object('A problem document: RFC 9457.', problemFields, problemRequired),
  RunId: { type: 'string', description: 'The id of a run.', pattern: runIdPattern.source },
  Open: object(
    'Begins every connection.',
    {
      heartbeatMs: ms('The longest time for which the server stays silent on a working connection.'),
      retryMs: ms('Milliseconds after which this client should reconnect, as in the field `retry`.'),
      id: text('Identifies a shared connection in the path of control requests.'),
      run: ref('RunId'),
      contract: text("The hash of the server's contract, on a shared connection."),
    },
    ['heartbeatMs', 'retryMs'],
  ),
  Subscribed: object(
    'Begins a topic on a shared connection.',
    {
      topic: topicKey,
      epoch: text("The epoch of the topic's log, which begins the ids of its events."),
      cursor: { description: 'Where the topic starts, unless a snapshot or gap follows.', ...cursor },
      request: { type: 'integer', description: 'The `sequence` of the control request that subscribed.' },
    },
    ['topic', 'epoch'],
  ),
  Gap: object(
    'Events were missed. The subscription continues from `cursor`.',
    { reason: gapReason, cursor, topic: topicKey },
    ['reason', 'cursor'],
  ),
  Reauthorize: object(
    'Asks the client of a shared connection to authenticate again, with a control request.',
    { withinMs: ms('Milliseconds after which the server ends the connection without new credentials.') },
    ['withinMs'],
  ),
  Error: object(
    'The last event of a connection, run or topic that failed: a problem.',
    {
      ...problemFields,
      topic: { ...topicKey, description: 'The key of the topic or run that failed. The connection goes on.' },
      snapshot: { const: true, description: 'Only the requested snapshot failed.' },
      ended: { const: true, description: 'The topic is a run, which failed.' },
    },
    problemRequired,
  ),
  ControlRequest: {
    ...object(
      'Changes a shared connection. Without operations, it only authenticates the client again.',
      {
        sequence: {
          type: 'integer',
          minimum: 1,
          description: 'Counts the requests about one connection. One that a newer has overtaken is refused.',
        },
        operations: {
          type: 'array',
          maxItems: 1_000,
          description: 'At most one operation for each topic.',
          items: { anyOf: controlOperations() },
        },
      },
      ['operations'],
    ),
    additionalProperties: false,
  },
  ControlResponse: object(
    'A result for each operation, in order.',
    { results: { type: 'array', items: { oneOf: controlResults() } } },
    ['results'],
  ),
  RunStarted: object(
    'A run that continues without this response.',
    { run: ref('RunId'), subscribed: { type: 'boolean', description: 'Whether the connection carries it.' } },
    ['run', 'subscribed'],
  ),
  Health: object(
    'Whether a node can serve clients.',
    {
      live: { const: true, description: 'The process responds.' },
      ready: { type: 'boolean', description: 'Whether clients may be sent here.' },
    },
    ['live', 'ready'],
  ),
  Event: object(
    'A server-sent event, as its parser returns it.',
    {
      event: text('The name of the event. Skip those that you do not know.'),
      data: text('One line of JSON.'),
      id: { description: 'The position after the event. Send it as `Last-Event-ID` to resume.', ...cursor },
      retry: { type: 'integer', minimum: 0, description: 'Milliseconds after which to reconnect.' },
    },
    ['event', 'data'],
  ),
} as const satisfies Record<string, JsonSchema>

export type ProtocolSchema = keyof typeof schemas

/** The schemas of what Tidings itself sends and takes, as definitions that each refers to. */
export const protocolDefinitions: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [`Tidings.${name}`, schema]),
)

function controlOperations(): JsonSchema[] {
  const operation = (
    description: string,
    name: string,
    others: Readonly<Record<string, JsonSchema>> = {},
  ): JsonSchema => ({
    ...object(description, { [name]: { ...topicKey, minLength: 1 }, ...others }, [name]),
    title: name,
    additionalProperties: false,
  })
  return [
    operation('Carries a topic, from a cursor or from now on.', 'subscribe', { cursor: { type: 'string' } }),
    operation('Stops carrying a topic.', 'unsubscribe', {
      lost: { const: true, description: 'The reader of a run was lost, and may come back.' },
    }),
    operation("Sends the topic's state again.", 'snapshot'),
    operation('Sends nothing more of a run until it is subscribed to again.', 'pause'),
    {
      ...object(
        'Sends `$echo` with this text at once, to measure what is between client and server.',
        {
          echo: { type: 'string', minLength: 1, maxLength: 64 },
          headers: {
            type: 'array',
            maxItems: 32,
            items: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
            description: 'The names of headers, of which the result lists those that arrived.',
          },
        },
        ['echo'],
      ),
      title: 'echo',
      additionalProperties: false,
    },
  ]
}

function controlResults(): JsonSchema[] {
  const result = (
    status: string,
    description: string,
    properties: Readonly<Record<string, JsonSchema>>,
    required: readonly string[],
  ): JsonSchema => ({
    ...object(description, { status: { const: status }, ...properties }, ['status', ...required]),
    title: status,
  })
  const epoch = { type: 'string' }
  return [
    result('accepted', 'The topic is carried.', { epoch, cursor }, ['epoch']),
    result('gap', 'The topic is carried, and events were missed.', { reason: gapReason, epoch, cursor }, [
      'reason',
      'epoch',
    ]),
    result('refused', 'The topic is not carried.', { problem: ref('Problem') }, ['problem']),
    result(
      'done',
      'Any other operation.',
      {
        headers: { type: 'array', items: { type: 'string' }, description: 'The asked headers that arrived.' },
      },
      [],
    ),
  ]
}
