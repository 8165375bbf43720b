import { TidingsError } from '@tidings/core'
import { isRunId, runKey } from '@tidings/core/wire'
import type { StreamImplementation } from '../bind-handlers.js'
import { connectionInfo } from '../connections/connection-identity.js'
import { expiryOf } from '../connections/context-expiry.js'
import { requireAuthorized, type TopicRequest } from '../connections/topic-access.js'
import {
  type CompleteResponse,
  commonHeaders,
  type TidingsRequest,
  type TidingsResponse,
} from '../http/adapter.js'
import { jsonResponse } from '../http/responses.js'
import { cursorOf, missedError } from '../log/start.js'
import { noSuchRun } from '../runs/run-errors.js'
import { randomName } from '../runtime/random.js'
import { sha256 } from '../runtime/sha256.js'
import { admitAndPrepare, identityOf } from './admit.js'
import { authenticate, authenticateAndRead } from './authenticate.js'
import { callerOf } from './connection.js'
import { readInput, requireJson } from './request-body.js'
import { beginRun } from './run-begin.js'
import type { ServerContext } from './server-context.js'
import { positionOf, topicStream } from './topic.js'

/** The length of an id that the server makes, in characters: 130 bits. */
const idLength = 22

/**
 * Handles `POST /events/complete`: starts a run, and responds with its events. With `Prefer: respond-async`
 * (RFC 7240 section 4.1) the response is 202, and the events are read elsewhere. The `Idempotency-Key` is the id of the
 * run, so that a repeated request joins it. With a `Last-Event-ID`, it begins no run, and is refused as `interrupted`
 * where there is none.
 */
export async function handleStart(
  server: ServerContext,
  stream: StreamImplementation,
  request: TidingsRequest,
): Promise<TidingsResponse> {
  const id = runIdOf(request)
  const { compiled } = stream
  const connectionId = request.headers.get('tidings-connection') ?? ''
  const challenge = server.shared.get(connectionId)?.auth.challenges ?? 0
  const { context, body } = await authenticateAndRead(server, request, () =>
    readInput(compiled, request, server.options.maxBodyBytes),
  )
  const fingerprint = await sha256(JSON.stringify(body.json) ?? '')
  const identity = identityOf(server, request, context, runKey(compiled.path, id))
  const start = { stream, id, starter: identity, fingerprint }
  const call = { stream, input: body.input, context, request }
  const begin = () => server.runs.start(start, (create) => beginRun(server, call, create))
  if (prefersAsync(request)) {
    await begin()
    const isSubscribed = await subscribe(server, connectionId, identity.topic ?? '', {
      context,
      caller: callerOf(server, request),
      expiresAt: expiryOf(context),
      challenge,
      sequence: undefined,
      startsRun: true,
    })
    return accepted(compiled.path, id, isSubscribed)
  }
  const ref = server.runRequest(stream, id)
  const position = positionOf(request, 'beginning')
  const pending = server.revocations.begin()
  pending.restart()
  pending.identify(connectionInfo(identity, {}))
  try {
    await admitAndPrepare(server, identity, async () => {
      // A client that has read a part wants the rest, and not a new run.
      if (position.kind === 'resume' && !(await server.runs.find(id))) throw missedError('history_lost')
      // Any caller that knows the id and the input of a run can repeat its start.
      if ((await begin()) === 'joined') await requireAuthorized(ref, context, request)
      // It may run on another node.
      await ref.logs.prepare(ref, identity, cursorOf(position))
    })
  } catch (error) {
    pending.finish()
    throw error
  }
  return topicStream(server, ref, identity, position, expiryOf(context), pending, id)
}

/**
 * Handles `POST /events/$runs/<id>`: ends a run for all its readers. Its caller needs the right to attach.
 *
 * @throws TidingsError `not_found` for a run that does not exist or is no longer kept, `unsupported_media_type`
 */
export async function handleCancel(
  server: ServerContext,
  id: string,
  request: TidingsRequest,
): Promise<CompleteResponse> {
  requireJson(request, 'a cancellation')
  const context = await authenticate(server, request)
  const run = isRunId(id) ? await server.runs.find(id) : undefined
  const stream = server.procedures.get(run?.path ?? '')
  if (!run || stream?.kind !== 'stream') throw noSuchRun()
  await requireAuthorized(server.runRequest(stream, id), context, request)
  if (run.node !== undefined) return cancelElsewhere(server, id, run.path, run.node, request)
  server.runs.cancel(id)
  return done
}

/** The response to a cancellation. */
const done: CompleteResponse = { kind: 'complete', status: 204, headers: commonHeaders, body: '' }

/** Forwards a cancellation to the node of the run, which authorises it again. */
async function cancelElsewhere(
  server: ServerContext,
  id: string,
  path: string,
  node: string,
  request: TidingsRequest,
): Promise<CompleteResponse> {
  const headers = server.options.tracing?.forward(request.headers) ?? request.headers
  const response = await server.nodes?.forward(node, request, headers, undefined)
  if (response || (await server.runs.isOver(id, path))) return response ?? done
  const message = 'The node of the run did not respond. Try again later'
  throw new TidingsError({ code: 'unavailable', message, retryAfterMs: server.options.retryMs })
}

/**
 * Returns the run that `GET /events/complete?$run=<id>` names.
 *
 * @throws TidingsError `bad_request` without an id, `not_found` for a text that is not the id of a run
 */
export function runOf(
  server: ServerContext,
  stream: StreamImplementation,
  { query }: TidingsRequest,
): TopicRequest {
  const [id, second] = query.getAll('$run')
  if (id === undefined || second !== undefined) {
    const message = `"${stream.compiled.path}" is a stream. Start a run with POST, or read one with GET and one parameter $run`
    throw new TidingsError({ code: 'bad_request', message })
  }
  if (!isRunId(id)) throw noSuchRun()
  return server.runRequest(stream, id)
}

/** Returns the id of the run that a request starts. @throws TidingsError `bad_request` for a key that is not one */
function runIdOf({ headers }: TidingsRequest): string {
  const key = headers.get('idempotency-key')
  if (key === null) return randomName(idLength)
  if (isRunId(key)) return key
  const message =
    'The Idempotency-Key of a stream is the id of its run. Send 22 to 64 random letters, digits, "_" or "-", such as a UUID'
  throw new TidingsError({ code: 'bad_request', message })
}

/** Whether a request prefers the response before the run has ended. */
function prefersAsync({ headers }: TidingsRequest): boolean {
  const preferences = headers.get('prefer')?.toLowerCase().split(/[,;]/) ?? []
  return preferences.some((preference) => preference.trim() === 'respond-async')
}

/** Subscribes a shared connection of this node to a run, if it belongs to the caller. Returns whether it did. */
async function subscribe(
  { shared }: ServerContext,
  connectionId: string,
  key: string,
  origin: Parameters<NonNullable<ReturnType<typeof shared.get>>['perform']>[1],
): Promise<boolean> {
  const connection = shared.get(connectionId)
  if (!connection?.belongsTo(origin.context)) return false
  const { status } = await connection.perform({ subscribe: key }, origin)
  return status !== 'refused'
}

function accepted(path: string, id: string, isSubscribed: boolean): CompleteResponse {
  const response = jsonResponse({ run: id, subscribed: isSubscribed })
  // Relative to the request (RFC 9110 section 10.2.2): only the host knows where the server is mounted.
  const location = runKey(path.slice(path.lastIndexOf('/') + 1), id)
  const headers = { ...response.headers, 'Preference-Applied': 'respond-async', Location: location }
  return { ...response, status: 202, headers }
}
