import type { ChannelDocument, CommandDocument, JsonSchema, StreamDocument } from './document.js'
import { declaredRefusal, type OpenApiParts } from './open-api-parts.js'
import { dotted, type ProcedureText, textOf } from './procedure-text.js'
import { type QueryParam, queryParams } from './query-params.js'
import { declaredErrors, eventsOfChannel, eventsOfStream, payloadIn, type SentEvent } from './sent-events.js'

/** The operations of a path, by method. */
export type PathItem = Readonly<Record<string, JsonSchema>>

/** Returns the operation that subscribes to a topic of a channel. */
export function channelItem(path: string, channel: ChannelDocument, parts: OpenApiParts): PathItem {
  const text = textOf(path, channel, `Subscribe to a topic of ${path}`)
  const params = queryParams(channel, parts.schemas.shared).map((param) => parameterOf(path, param, parts))
  return {
    get: {
      operationId: `${dotted(path)}.subscribe`,
      ...fieldsOf(text),
      parameters: [...params, ...parts.positions()],
      responses: {
        200: eventStream(
          'The events of the topic, from now on or after the position.',
          addItem(path, eventsOfChannel(path, channel, parts.schemas), parts),
        ),
        ...parts.refusals(['BadRequest']),
      },
    },
  }
}

/** Returns the operation that calls a command. */
export function commandItem(path: string, command: CommandDocument, parts: OpenApiParts): PathItem {
  const text = textOf(path, command, `Call ${path}`)
  const { schemas } = parts
  const problems = declaredErrors(path, command.errors, schemas).map(({ problem }) => problem)
  return {
    post: {
      operationId: dotted(path),
      ...fieldsOf(text),
      parameters: [
        parts.parameter('Idempotency-Key', {
          name: 'Idempotency-Key',
          in: 'header',
          description:
            'A new key for each command, such as a UUID. A command that is sent again with its key is not run again, and gets the same response.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        }),
      ],
      requestBody: inputOf(path, command, parts),
      responses: {
        ...(command.output
          ? { 200: json('The output.', payloadIn(schemas, `${dotted(path)}.output`, command.output)) }
          : { 204: { description: 'The command is complete.' } }),
        ...parts.refusals(
          ['BadRequest', 'Conflict', 'PayloadTooLarge', 'UnsupportedMediaType'],
          declaredRefusal(problems),
        ),
      },
    },
  }
}

/** Returns the operations that start a run of a stream, and that read one. */
export function streamItem(path: string, stream: StreamDocument, parts: OpenApiParts): PathItem {
  const errors = declaredErrors(path, stream.errors, parts.schemas)
  const item = addItem(path, eventsOfStream(path, stream, errors, parts.schemas), parts)
  const problems = declaredRefusal(errors.map(({ problem }) => problem))
  const start = textOf(path, stream, `Start a run of ${path}`)
  const attach = textOf(path, stream, '')
  const id = dotted(path)
  const run = parts.protocol('RunId')
  return {
    post: {
      operationId: `${id}.start`,
      ...fieldsOf(start),
      parameters: [
        parts.parameter('RunKey', {
          name: 'Idempotency-Key',
          in: 'header',
          description: 'The id of the run, which the caller makes. A start that is sent again joins its run.',
          schema: run,
        }),
        parts.parameter('Prefer', {
          name: 'Prefer',
          in: 'header',
          description: 'With `respond-async`, the response is 202, and the run is read elsewhere.',
          schema: { type: 'string' },
          example: 'respond-async',
        }),
        parts.parameter('Tidings-Connection', {
          name: 'Tidings-Connection',
          in: 'header',
          description:
            'With `Prefer: respond-async`, the id of a shared connection that is to carry the run.',
          schema: { type: 'string' },
        }),
        ...parts.positions(),
      ],
      requestBody: inputOf(path, stream, parts),
      responses: {
        200: eventStream('The events of the run, up to its output or error.', item),
        202: {
          ...json('The run has started.', parts.protocol('RunStarted')),
          headers: {
            Location: {
              description: 'Where to read the run.',
              schema: { type: 'string', format: 'uri-reference' },
            },
            'Preference-Applied': { schema: { const: 'respond-async' } },
          },
        },
        ...parts.refusals(
          ['BadRequest', 'Conflict', 'Gone', 'PayloadTooLarge', 'UnsupportedMediaType'],
          problems,
        ),
      },
    },
    get: {
      operationId: `${id}.attach`,
      ...fieldsOf({
        ...attach,
        summary: `Read a run: ${attach.summary === '' ? path : attach.summary}`,
        description: 'From its beginning, or after the position. It can be read after its end for a while.',
      }),
      parameters: [
        parts.parameter('run', {
          name: '$run',
          in: 'query',
          required: true,
          description: 'The id of the run.',
          schema: run,
        }),
        ...parts.positions(),
      ],
      responses: {
        200: eventStream('The events of the run, up to its output or error.', item),
        ...parts.refusals(['BadRequest', 'NotFound', 'Gone']),
      },
    },
  }
}

/** Returns a response that is an event stream. */
export function eventStream(description: string, itemSchema: JsonSchema): JsonSchema {
  return {
    description,
    headers: {
      'Cache-Control': { schema: { type: 'string' }, example: 'private, no-cache, no-transform' },
      'X-Accel-Buffering': { description: 'Keeps nginx from buffering.', schema: { const: 'no' } },
    },
    content: { 'text/event-stream': { itemSchema } },
  }
}

/** Returns a response or request body in JSON. */
export function json(description: string, schema: JsonSchema): JsonSchema {
  return { description, content: { 'application/json': { schema } } }
}

/**
 * Returns the body of a request that takes none. The server requires the type of its content all the same, which a form
 * of another site cannot send.
 */
export function noBody(what: string): JsonSchema {
  return json(
    `${what} takes no input, and a body is not read. Send \`Content-Type: application/json\` all the same.`,
    { type: 'object' },
  )
}

/**
 * Returns the schema of an event as its parser returns it, where `data` is text: see "Special Considerations for
 * Server-Sent Events" in OpenAPI 3.2.
 */
export function itemOf({ name, description, data, id }: SentEvent): JsonSchema {
  return {
    title: name,
    ...(description !== undefined && { description }),
    type: 'object',
    properties: {
      event: { const: name },
      data: { type: 'string', contentMediaType: 'application/json', contentSchema: data },
      ...(id === 'never' ? {} : { id: { $ref: '#/$defs/Tidings.Cursor' } }),
    },
    required: ['event', 'data', ...(id === 'always' ? ['id'] : [])],
  }
}

function addItem(path: string, events: readonly SentEvent[], { schemas }: OpenApiParts): JsonSchema {
  return schemas.add(`${dotted(path)}.item`, {
    allOf: [{ $ref: '#/$defs/Tidings.Event' }],
    oneOf: events.map(itemOf),
  })
}

function inputOf(path: string, { input }: CommandDocument | StreamDocument, { schemas }: OpenApiParts) {
  if (!input) return noBody(path)
  return { ...json('The input.', payloadIn(schemas, `${dotted(path)}.input`, input)), required: true }
}

function parameterOf(
  path: string,
  { name, wire, isRequired, isScalar }: QueryParam,
  { schemas }: OpenApiParts,
) {
  const schema = schemas.add(`${dotted(path)}.params.${name}`, wire)
  const { description, deprecated } = wire
  return {
    name,
    in: 'query',
    ...(isRequired && { required: true }),
    ...(typeof description === 'string' && { description }),
    ...(deprecated === true && { deprecated }),
    // Text, numbers and booleans as they are, anything else as JSON.
    ...(isScalar ? { schema } : { content: { 'application/json': { schema } } }),
  }
}

function fieldsOf({ summary, description, isDeprecated, group }: ProcedureText) {
  return {
    summary,
    ...(description !== undefined && { description }),
    ...(group !== undefined && { tags: [group] }),
    ...(isDeprecated && { deprecated: true }),
  }
}
