import type { AsyncApiParts, ChannelMessage } from './async-api-messages.js'
import { type AsyncApiChannel, channelAt } from './async-api-operation.js'
import type { ProcedureText } from './procedure-text.js'
import { connectionEvents, protocol } from './sent-events.js'

/** Describes the shared connection, which carries the events of any topics and runs. */
export function connectionChannels(
  carried: readonly ChannelMessage[],
  parts: AsyncApiParts,
): readonly AsyncApiChannel[] {
  const open = textFor(
    'Send the events of any topics and runs on one connection',
    'Its first event, `$open`, has the id to which control requests are sent.',
  )
  const signals = connectionEvents.map((event) =>
    parts.event(event, `Tidings.connection.${event.name.slice(1)}`),
  )
  // Events of several channels may have the same name.
  const messages = [...signals, ...carried.map((message) => ({ ...message, key: message.name }))]
  const change = textFor('Receive what a shared connection is to carry', 'Takes effect without a reconnect.')
  const request = parts.message('$request', 'Tidings.control', { payload: protocol('ControlRequest') })
  const results = parts.response(
    '$results',
    'Tidings.results',
    200,
    'A result for each operation.',
    protocol('ControlResponse'),
  )
  const replies = [results, ...parts.problems('', [])]
  return [
    channelAt('', '$connection', open, { '$connection.open': { action: 'send', text: open, messages } }),
    withId(
      'The id of the connection, from its `$open`.',
      channelAt('$connections/{id}', '$connections', change, {
        '$connection.change': { action: 'receive', text: change, messages: [request], replies },
      }),
    ),
  ]
}

/** Describes the cancellation of a run. */
export function runChannel(parts: AsyncApiParts): AsyncApiChannel {
  const text = textFor('Receive the cancellation of a run', 'Ends the run for all its readers.')
  const messages = [
    parts.message('$cancel', 'Tidings.cancel', {
      summary: 'No input: a body is not read.',
      contentType: 'application/json',
    }),
  ]
  const done = parts.response('$done', 'Tidings.cancelled', 204, 'The run has ended. No content.')
  const replies = [done, ...parts.problems('', [])]
  const channel = channelAt('$runs/{id}', '$runs', text, {
    '$run.cancel': { action: 'receive', text, messages, replies },
  })
  return withId('The id of the run.', channel)
}

function textFor(summary: string, description: string): ProcedureText {
  return { summary, description, isDeprecated: false, group: undefined }
}

function withId(description: string, { channel, ...others }: AsyncApiChannel): AsyncApiChannel {
  return { ...others, channel: { ...channel, parameters: { id: { description } } } }
}
