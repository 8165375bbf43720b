import { TidingsError } from '@tidings/core'
import {
  type ControlOperation,
  type ControlRequest,
  type ControlResponse,
  decodeControlRequest,
} from '@tidings/core/wire'
import { maxAuthorizations, revokedTooOften } from '../connections/authorization-attempts.js'
import { nodeOf } from '../connections/connection-ids.js'
import { expiryOf, requireUnexpired } from '../connections/context-expiry.js'
import { gone, SharedConnection } from '../connections/shared-connection.js'
import { topicByKey } from '../connections/topic-access.js'
import type { ConnectionInfo } from '../hooks.js'
import type { CompleteResponse, StreamResponse, TidingsRequest } from '../http/adapter.js'
import { eventStream } from '../http/event-stream.js'
import { jsonResponse } from '../http/responses.js'
import { type PendingRequest, revoke } from '../revocations/revocations.js'
import { admit, connectionInfo } from './admit.js'
import { authenticate } from './authenticate.js'
import { readJsonBody } from './request-body.js'
import type { ServerContext } from './server-context.js'

/** Answers `GET /events`: a connection that carries the topics which control requests name. */
export async function handleConnection(
  site: ServerContext,
  request: TidingsRequest,
  context: unknown,
  arrival: PendingRequest,
): Promise<StreamResponse> {
  const info = connectionInfo(site, request, context, undefined)
  arrival.identify({ principal: info.principal, address: info.address, topics: [] })
  const expiresAt = expiryOf(context)
  await admit(site, info)
  return sharedStream(site, info, expiresAt, arrival)
}

// A function of its own, so that an open connection does not keep the request it came with.
function sharedStream(
  site: ServerContext,
  info: ConnectionInfo,
  expiresAt: number,
  arrival: PendingRequest,
): StreamResponse {
  return eventStream(
    (sink) => {
      const revoked = arrival.finish()
      const { connection } = new SharedConnection(site, sink, info, expiresAt)
      const lastWords = site.shutdownFrame()
      // It was on its way in when the server began to close.
      if (lastWords) connection.end('closed', lastWords)
      else if (revoked) revoke(connection, revoked)
      return connection
    },
    () => {
      arrival.finish()
      site.admission.release(info)
    },
  )
}

/**
 * Answers `POST /events/$connections/<id>`: changes what a shared connection carries, and proves who its client is. It is
 * authorised by its own credentials, and has to come from the connection's own principal.
 *
 * @throws TidingsError `gone` where there is no such connection, or it is somebody else's; `conflict` for one that is late;
 * `too_many_requests` for too many operations
 */
export async function handleControl(
  site: ServerContext,
  id: string,
  request: TidingsRequest,
  asked: AskedContext,
  arrival: PendingRequest,
): Promise<CompleteResponse> {
  const json = await readJsonBody(request, site.options.maxBodyBytes, 'a control request')
  requireUnexpired(asked.context)
  const known = site.shared.get(id)
  if (!known) return forwardToNode(site, id, request, json)
  if (!known.belongsTo(asked.context)) throw gone()
  // Before they are looked at, which costs something for each.
  known.requireOperations(operationCount(json))
  const body = decodeControlRequest(json)
  const { sequence, operations } = body
  const { connection, context, challenge } = await authorFor(site, id, request, asked, body, arrival)
  if (sequence !== undefined) connection.advance(sequence)
  // All of it begins in this turn: what comes later is newer.
  const origin = { context, expiresAt: expiryOf(context), challenge, sequence }
  connection.renew(origin)
  const results = await Promise.all(operations.map((operation) => connection.perform(operation, origin)))
  const response: ControlResponse = { results }
  return jsonResponse(response)
}

/** How many operations a control request may have: as many as Tidings' own client sends at once. */
const mostOperations = 1_000

/** How many operations a control request has. @throws TidingsError `bad_request` for too many */
function operationCount(json: unknown): number {
  const { operations } = (json ?? {}) as { operations?: unknown }
  const count = Array.isArray(operations) ? operations.length : 0
  if (count <= mostOperations) return count
  const message = `The control request has ${count} operations; the limit is ${mostOperations}. Split it into several requests`
  throw new TidingsError({ code: 'bad_request', message })
}

/** A context, and how often the connection's client had been asked to prove who it is before it was made. */
export interface AskedContext {
  readonly context: unknown
  readonly challenge: number
}

/**
 * Finds the connection that a control request is about, and by which context it is done: made again where what it names was
 * revoked since. From here on it is part of its connection.
 */
async function authorFor(
  site: ServerContext,
  id: string,
  request: TidingsRequest,
  asked: AskedContext,
  { operations }: ControlRequest,
  arrival: PendingRequest,
): Promise<AskedContext & { readonly connection: SharedConnection }> {
  let topics: readonly string[] | undefined
  for (let author = asked, count = 1; ; count += 1) {
    const connection = site.shared.get(id)
    if (!connection?.belongsTo(author.context)) throw gone()
    const { principal, address } = connection.connection.info
    arrival.identify({
      principal,
      address,
      // Read once, and only where there is a revocation to compare with.
      get topics() {
        topics ??= operations.flatMap((operation) => keyOf(site, operation))
        return topics
      },
    })
    if (!arrival.isRevoked) {
      arrival.finish()
      return { ...author, connection }
    }
    if (count === maxAuthorizations) throw revokedTooOften()
    arrival.restart()
    author = { challenge: connection.challenges, context: await authenticate(site, request) }
  }
}

/** The key of the topic that an operation is to have carried, if it can be read. */
function keyOf({ procedures }: ServerContext, operation: ControlOperation): string[] {
  if (!('subscribe' in operation)) return []
  try {
    return [topicByKey(procedures, operation.subscribe).key]
  } catch {
    // It is refused for what it is.
    return []
  }
}

/** Has the node answer that a connection is on. It asks anew who sent the request. */
async function forwardToNode(
  site: ServerContext,
  id: string,
  request: TidingsRequest,
  json: unknown,
): Promise<CompleteResponse> {
  const nodeId = nodeOf(id)
  const answer = nodeId !== undefined && (await site.nodes?.forward(nodeId, request, json))
  if (answer) return answer
  site.reportForeignConnection(id)
  throw gone()
}
