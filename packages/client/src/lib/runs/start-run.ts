import type { TidingsError } from '@tidings/core'
import type { CompiledStream } from '@tidings/core/wire'
import type { Caller } from '../calls/call.js'
import { parts } from './parts.js'
import type { RunTopic } from './run-topic.js'

/** Milliseconds the first attempt of a request about a run may take, which a server answers at once. */
export const firstAttemptMs = 4_000

/** The client that runs are started by. */
export interface RunStarter extends Caller {
  /** The id of the open connection, if it is this client's own. */
  readonly connectionId: string | undefined
}

/**
 * Starts a run, once however often the request is sent. Closes its topic if the server refuses it, or cannot be
 * reached. Never rejects.
 */
export async function startRun(
  starter: RunStarter,
  stream: CompiledStream,
  id: string,
  input: unknown,
  topic: RunTopic,
): Promise<void> {
  const { options } = starter
  const { timeoutMs } = options
  const time = {
    timeoutMs,
    endsAt: parts.elapsedMs() + timeoutMs,
    firstMs: firstAttemptMs,
    signal: topic.closing,
  }
  try {
    await starter.waitTurn(time)
    await parts.attempt(options, time, async (own) => {
      const headers: Record<string, string> = { 'Idempotency-Key': id, Prefer: 'respond-async' }
      const connection = topic.isStarting ? starter.connectionId : undefined
      if (connection !== undefined) {
        headers['Tidings-Connection'] = connection
        topic.onStartSent()
      }
      const { text } = await parts.postJson(options, stream.path, input, { headers, ...own })
      topic.onStarted(isSubscribed(text, `The response to the start of ${stream.path}`))
    })
  } catch (error) {
    // If only the response was lost, the run's events have arrived.
    if (topic.isStarting) topic.close(parts.withTypedData(stream, error as TidingsError))
  }
}

/** @throws TidingsError `invalid_response` */
function isSubscribed(text: string, what: string): boolean {
  const response = parts.parseJson(text, what) as { readonly subscribed?: unknown } | null
  if (typeof response?.subscribed === 'boolean') return response.subscribed
  throw new parts.TidingsError({ code: 'invalid_response', message: `${what} does not come from Tidings` })
}
