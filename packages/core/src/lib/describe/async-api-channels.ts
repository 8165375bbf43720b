import type { AsyncApiParts, ChannelMessage } from './async-api-messages.js'
import { type AsyncApiChannel, channelAt } from './async-api-operation.js'
import type { ChannelDocument, CommandDocument, JsonSchema, StreamDocument } from './document.js'
import { dotted, textOf } from './procedure-text.js'
import { type QueryParam, queryParams } from './query-params.js'
import { declaredErrors, eventsOfChannel, eventsOfStream, payloadIn, protocol } from './sent-events.js'

/** A channel with the messages that a shared connection carries too. */
export interface CarriedChannel extends AsyncApiChannel {
  readonly carried: readonly ChannelMessage[]
}

/** Describes a channel: the server sends the events of a topic to its subscribers. */
export function topicChannel(path: string, channel: ChannelDocument, parts: AsyncApiParts): CarriedChannel {
  const id = dotted(path)
  const { schemas } = parts
  const text = textOf(path, channel, `Send the events of a topic of ${path}`)
  const messages = eventsOfChannel(path, channel, schemas).map((event) =>
    parts.event(event, messageName(id, event.name)),
  )
  const params = queryParams(channel, schemas.shared)
  const named = params.map((param) => [param.name, schemaOf(id, param, parts)])
  const required = params.flatMap(({ name, isRequired }) => (isRequired ? [name] : []))
  const query = schemas.inline(withPosition(Object.fromEntries(named), required))
  return {
    ...channelAt(path, id, text, { [`${id}.subscribe`]: { action: 'send', text, messages, query } }),
    carried: messages.filter(isOwn),
  }
}

/** Describes a command: the server receives its input, and replies with its output or a problem. */
export function commandChannel(
  path: string,
  command: CommandDocument,
  parts: AsyncApiParts,
): AsyncApiChannel {
  const id = dotted(path)
  const { schemas } = parts
  const text = textOf(path, command, `Receive the command ${path}`)
  const input = parts.input(path, command, {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: 'A new key for each command. One that is sent again with its key is not run again.',
  })
  const name = `${id}.output`
  const output = command.output
    ? parts.response('$output', name, 200, 'The output.', payloadIn(schemas, name, command.output))
    : parts.response('$output', name, 204, 'The command is complete. The response has no content.')
  const replies = [output, ...parts.problems(path, declaredErrors(path, command.errors, schemas))]
  return channelAt(path, id, text, { [id]: { action: 'receive', text, messages: [input], replies } })
}

/** Describes a stream: the server receives its input and replies with the events of a run, which can be read again. */
export function streamChannel(path: string, stream: StreamDocument, parts: AsyncApiParts): CarriedChannel {
  const id = dotted(path)
  const { schemas } = parts
  const text = textOf(path, stream, `Receive the input of ${path}, and reply with the events of a run`)
  const errors = declaredErrors(path, stream.errors, schemas)
  const input = parts.input(path, stream, {
    ...protocol('RunId'),
    description: 'The id of the run, which the caller makes. A start that is sent again joins its run.',
  })
  const messages = eventsOfStream(path, stream, errors, schemas).map((event) =>
    parts.event(event, event.name === '$error' ? `${id}.error` : messageName(id, event.name)),
  )
  const started = parts.response(
    '$started',
    'Tidings.started',
    202,
    'The answer to a request with `Prefer: respond-async`: the run is read elsewhere.',
    protocol('RunStarted'),
  )
  const attach = {
    ...text,
    summary: `Send the events of a run of ${path}`,
    description: 'From its beginning, or after a position. It can be read after its end for a while.',
  }
  const query = schemas.inline(withPosition({ $run: protocol('RunId') }, ['$run']))
  return {
    ...channelAt(path, id, text, {
      [`${id}.start`]: {
        action: 'receive',
        text,
        messages: [input],
        replies: [...messages, started, ...parts.problems(path, errors)],
      },
      [`${id}.attach`]: { action: 'send', text: attach, messages, query },
    }),
    carried: messages.filter(isOwn),
  }
}

/** Returns the name of the component for an event: of the procedure, or of all for a signal that all send alike. */
function messageName(id: string, event: string): string {
  if (!event.startsWith('$')) return `${id}.events.${event}`
  const name = event.slice(1)
  return event === '$snapshot' || event === '$output' ? `${id}.${name}` : `Tidings.${name}`
}

function isOwn({ name }: ChannelMessage): boolean {
  return !name.startsWith('Tidings.')
}

/** Params are in the query string, which an address must not have: they are no parameters of the channel. */
function withPosition(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  return {
    type: 'object',
    properties: { ...properties, lastEventId: { $ref: '#/$defs/Tidings.Cursor' } },
    ...(required.length > 0 && { required }),
  }
}

/** Returns the schema of a param as it stands in the query string: one that is not scalar is JSON in a text. */
function schemaOf(id: string, { name, wire, isScalar }: QueryParam, { schemas }: AsyncApiParts): JsonSchema {
  const schema = schemas.add(`${id}.params.${name}`, wire)
  return isScalar ? schema : { type: 'string', contentMediaType: 'application/json', contentSchema: schema }
}
