import type { JsonSchema } from './document.js'
import { eventStream, itemOf, json, noBody, type PathItem } from './open-api-operations.js'
import type { OpenApiParts } from './open-api-parts.js'
import { connectionEvents } from './sent-events.js'

/** The tag of the requests that no procedure declares. */
export const protocolTag = '$tidings'

/**
 * Returns the paths of the shared connection.
 *
 * @param items the schemas of the events of each channel and stream, which a shared connection carries
 */
export function connectionPaths(items: readonly JsonSchema[], parts: OpenApiParts): Record<string, PathItem> {
  const { schemas } = parts
  const tags = [protocolTag]
  return {
    '/': {
      get: {
        operationId: '$connection.open',
        summary: 'Open a shared connection',
        description:
          'One connection that carries any number of topics and runs. Its first event, `$open`, has the id to which control requests are sent.',
        tags,
        responses: {
          200: eventStream(
            'The events of all topics that the connection carries. The id of an event begins with the epoch of its topic.',
            schemas.add('Tidings.Connection', {
              allOf: [{ $ref: '#/$defs/Tidings.Event' }],
              anyOf: [...connectionEvents.map(itemOf), ...items],
            }),
          ),
          ...parts.refusals([]),
        },
      },
    },
    '/$connections/{id}': {
      post: {
        operationId: '$connection.change',
        summary: 'Change the topics of a shared connection',
        description:
          'Takes effect without a reconnect. The caller needs the principal that opened the connection.',
        tags,
        parameters: [pathId('The id of the connection, from its `$open`.', { type: 'string' })],
        requestBody: { ...json('The operations.', parts.protocol('ControlRequest')), required: true },
        responses: {
          200: json('A result for each operation.', parts.protocol('ControlResponse')),
          ...parts.refusals(['BadRequest', 'Conflict', 'Gone', 'PayloadTooLarge', 'UnsupportedMediaType']),
        },
      },
    },
  }
}

/** Returns the path that cancels a run. */
export function runPaths(parts: OpenApiParts): Record<string, PathItem> {
  return {
    '/$runs/{id}': {
      post: {
        operationId: '$run.cancel',
        summary: 'Cancel a run',
        description: 'Ends the run for all its readers. The caller needs the right to attach to it.',
        tags: [protocolTag],
        parameters: [pathId('The id of the run.', parts.protocol('RunId'))],
        requestBody: noBody('A cancellation'),
        responses: {
          204: { description: 'The run has ended.' },
          ...parts.refusals(['NotFound', 'UnsupportedMediaType']),
        },
      },
    },
  }
}

/** Returns the path that a load balancer asks. */
export function healthPaths(parts: OpenApiParts): Record<string, PathItem> {
  const health = parts.protocol('Health')
  return {
    '/$health': {
      get: {
        operationId: '$health',
        summary: 'Ask whether clients may be sent to this node',
        tags: [protocolTag],
        security: [],
        parameters: [
          {
            name: 'live',
            in: 'query',
            description: 'Asks only whether the process responds.',
            schema: { type: 'string', maxLength: 0 },
            allowEmptyValue: true,
          },
        ],
        responses: {
          200: json('The node is ready or, with `live`, the process runs.', health),
          503: json('The node is closing, or its bus is not usable.', health),
          '4XX': parts.problem(),
        },
      },
    },
  }
}

function pathId(description: string, schema: JsonSchema): JsonSchema {
  return { name: 'id', in: 'path', required: true, description, schema }
}
