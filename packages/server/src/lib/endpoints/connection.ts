import { TidingsError } from '@tidings/core'
import {
  type ControlOperation,
  type ControlRequest,
  type ControlResponse,
  decodeControlRequest,
} from '@tidings/core/wire'
import { maxAuthorizations, revokedTooOften } from '../connections/authorization-attempts.js'
import { type ConnectionIdentity, connectionInfo } from '../connections/connection-identity.js'
import { nodeOf } from '../connections/connection-ids.js'
import { expiryOf, requireUnexpired } from '../connections/context-expiry.js'
import { gone, SharedConnection } from '../connections/shared-connection.js'
import { topicByKey } from '../connections/topic-access.js'
import type { CompleteResponse, StreamResponse, TidingsRequest } from '../http/adapter.js'
import { eventStream } from '../http/event-stream.js'
import { jsonResponse } from '../http/responses.js'
import type { Caller } from '../middleware/compose.js'
import { type PendingRequest, revoke } from '../revocations/revocations.js'
import { admit, identityOf } from './admit.js'
import { authenticate } from './authenticate.js'
import { contractHash } from './contract-hash.js'
import { readJsonBody } from './request-body.js'
import type { ServerContext } from './server-context.js'

/** Handles `GET /events`: opens a shared connection, whose topics control requests name. */
export async function handleConnection(
  server: ServerContext,
  request: TidingsRequest,
  context: unknown,
  pending: PendingRequest,
): Promise<StreamResponse> {
  const identity = identityOf(server, request, context, undefined)
  pending.identify(connectionInfo(identity, {}))
  const expiresAt = expiryOf(context)
  // Computed once, with code that is loaded for it. Before the connection is admitted, which has to open then.
  const contract = await contractHash(server.contract)
  await admit(server, identity)
  return sharedStream(server, identity, expiresAt, contract, pending)
}

// A function of its own, so that an open connection does not retain its request.
function sharedStream(
  server: ServerContext,
  identity: ConnectionIdentity,
  expiresAt: number,
  contract: string | undefined,
  pending: PendingRequest,
): StreamResponse {
  return eventStream(
    (sink) => {
      const revoked = pending.finish()
      const { connection } = new SharedConnection(server, sink, identity, expiresAt, contract)
      const shutdownFrame = server.shutdownFrame()
      // The server began to close while the request was pending.
      if (shutdownFrame) connection.end('closed', shutdownFrame)
      else if (revoked) revoke(connection, revoked)
      return connection
    },
    () => {
      pending.finish()
      server.admission.release(identity)
    },
  )
}

/** The context of a control request, and the number of its connection's challenges before it was created. */
export interface ChallengedContext {
  readonly context: unknown
  readonly challenge: number
}

/**
 * Handles `POST /events/$connections/<id>`: changes the topics of a shared connection, and renews its credentials.
 * The request is authorised by its own credentials, and must have the principal of the connection.
 *
 * @throws TidingsError `gone` if the connection does not exist or has another principal, `conflict` for a request that
 * a newer one has overtaken, `too_many_requests` for too many operations
 */
export async function handleControl(
  server: ServerContext,
  id: string,
  request: TidingsRequest,
  given: ChallengedContext,
  pending: PendingRequest,
): Promise<CompleteResponse> {
  const json = await readJsonBody(request, server.options.maxBodyBytes, 'a control request')
  requireUnexpired(given.context)
  const known = server.shared.get(id)
  if (!known) return forwardToNode(server, id, request, json)
  if (!known.belongsTo(given.context)) throw gone()
  // Before the operations are validated, which costs something for each.
  known.rates.requireOperations(operationCount(json))
  const body = decodeControlRequest(json)
  const { sequence, operations } = body
  const { connection, context, challenge } = await authorize(server, id, request, given, body, pending)
  if (sequence !== undefined) connection.advance(sequence)
  // Every operation begins in this turn of the event loop, so that a later request is newer in each.
  const origin = {
    context,
    caller: callerOf(server, request),
    expiresAt: expiryOf(context),
    challenge,
    sequence,
  }
  connection.auth.renew(origin)
  const results = await Promise.all(
    operations.map((operation) =>
      'echo' in operation
        ? connection.echo(operation, request.headers)
        : connection.perform(operation, origin),
    ),
  )
  const response: ControlResponse = { results }
  return jsonResponse(response)
}

/** The caller of a server without middleware that decides about subscriptions. */
const unneeded: Caller = { headers: new Headers(), address: undefined }

/** Returns what middleware receives of a request. A connection may keep that, and must not keep the request. */
export function callerOf(
  { keepsCallers }: ServerContext,
  { headers, address, request }: TidingsRequest,
): Caller {
  return keepsCallers ? { headers, address, request } : unneeded
}

/** The maximum number of operations in a control request. Tidings' own client sends no more at once. */
const maxOperations = 1_000

/** Returns the number of operations in a control request. @throws TidingsError `bad_request` above the maximum */
function operationCount(json: unknown): number {
  const { operations } = (json ?? {}) as { operations?: unknown }
  const count = Array.isArray(operations) ? operations.length : 0
  if (count <= maxOperations) return count
  const message = `The control request has ${count} operations; the limit is ${maxOperations}. Split it into several requests`
  throw new TidingsError({ code: 'bad_request', message })
}

/**
 * Returns the connection of a control request and the context that authorises it. The context is created again if the
 * request was revoked meanwhile. From here on the request is part of its connection.
 */
async function authorize(
  server: ServerContext,
  id: string,
  request: TidingsRequest,
  given: ChallengedContext,
  { operations }: ControlRequest,
  pending: PendingRequest,
): Promise<ChallengedContext & { readonly connection: SharedConnection }> {
  let topics: readonly string[] | undefined
  // Read once, and only if there is a revocation to compare with.
  const readTopics = () => {
    topics ??= operations.flatMap((operation) => keyOf(server, operation))
    return topics
  }
  for (let current = given, count = 1; ; count += 1) {
    const connection = server.shared.get(id)
    if (!connection?.belongsTo(current.context)) throw gone()
    pending.identify(connectionInfo(connection.connection.identity, {}, readTopics))
    if (!pending.isRevoked) {
      pending.finish()
      return { ...current, connection }
    }
    if (count === maxAuthorizations) throw revokedTooOften()
    pending.restart()
    current = { challenge: connection.auth.challenges, context: await authenticate(server, request) }
  }
}

/** Returns the key of the topic that an operation subscribes to, if there is one. */
function keyOf(server: ServerContext, operation: ControlOperation): string[] {
  if (!('subscribe' in operation)) return []
  try {
    return [topicByKey(server, operation.subscribe).key]
  } catch {
    // The operation is refused when it is performed.
    return []
  }
}

/** Forwards a control request to the node of its connection, which authenticates it again. */
async function forwardToNode(
  server: ServerContext,
  id: string,
  request: TidingsRequest,
  json: unknown,
): Promise<CompleteResponse> {
  const nodeId = nodeOf(id)
  const headers = server.options.tracing?.forward(request.headers) ?? request.headers
  const response = nodeId !== undefined && (await server.nodes?.forward(nodeId, request, headers, json))
  if (response) return response
  server.reportForeignConnection(id)
  throw gone()
}
