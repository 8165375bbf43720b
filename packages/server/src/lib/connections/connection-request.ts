import { TidingsError } from '@tidings/core'
import { type ControlAnswer, type ControlOperation, type ControlRequest, payloadOf } from '@tidings/core/wire'
import * as z from 'zod/mini'
import type { ConnectionInfo } from '../hooks.js'
import { jsonAnswer } from '../http/answers.js'
import type { CompleteAnswer, StreamAnswer, TidingsRequest } from '../http/http.js'
import { readJsonBody } from '../runs/exchange.js'
import type { Site } from '../site.js'
import { admit, connectionInfo } from './admission.js'
import { nodeOf } from './connection-ids.js'
import { contextOf, mostAsked, requireUnexpired, revokedTooOften } from './context-of.js'
import { eventStream } from './event-stream.js'
import { type Arrival, revoke } from './revocations.js'
import { gone, SharedConnection } from './shared-connection.js'
import { topicByKey } from './topic-access.js'
import { expiryOf } from './validity.js'

/** Answers `GET /events`: a connection that carries the topics which control requests name. */
export async function answerConnection(
  site: Site,
  request: TidingsRequest,
  context: unknown,
  arrival: Arrival,
): Promise<StreamAnswer> {
  const info = connectionInfo(site, request, context, undefined)
  arrival.become({ principal: info.principal, address: info.address, topics: [] })
  const expiresAt = expiryOf(context)
  await admit(site, info)
  return sharedStream(site, info, expiresAt, arrival)
}

// A function of its own, so that an open connection does not keep the request it came with.
function sharedStream(site: Site, info: ConnectionInfo, expiresAt: number, arrival: Arrival): StreamAnswer {
  return eventStream(
    (sink) => {
      const revoked = arrival.leave()
      const { connection } = new SharedConnection(site, sink, info, expiresAt)
      const lastWords = site.lastWords()
      // It was on its way in when the server began to close.
      if (lastWords) connection.end('closed', lastWords)
      else if (revoked) revoke(connection, revoked)
      return connection
    },
    () => {
      arrival.leave()
      site.admission.release(info)
    },
  )
}

// How long a name may be is for its topic to say, which is refused alone.
const topic = z.string().check(z.minLength(1))

const operation = z.union([
  z.strictObject({ subscribe: topic, cursor: z.optional(z.string()) }),
  z.strictObject({ unsubscribe: topic }),
  z.strictObject({ snapshot: topic }),
])

const controlRequest = payloadOf(
  z.strictObject({
    sequence: z.optional(z.int().check(z.minimum(1))),
    operations: z.array(operation),
  }),
)

/**
 * Answers `POST /events/$connections/<id>`: changes what a shared connection carries, and proves who its client is. It is
 * authorised by its own credentials, and has to come from the connection's own principal.
 *
 * @throws TidingsError `gone` where there is no such connection, or it is somebody else's; `conflict` for one that is late;
 * `too_many_requests` for too many operations
 */
export async function answerControl(
  site: Site,
  id: string,
  request: TidingsRequest,
  asked: AskedContext,
  arrival: Arrival,
): Promise<CompleteAnswer> {
  const json = await readJsonBody(request, site.options.maxBodyBytes, 'a control request')
  requireUnexpired(asked.context)
  const known = site.shared.get(id)
  if (!known) return elsewhere(site, id, request, json)
  if (!known.belongsTo(asked.context)) throw gone()
  // Before they are looked at, which costs something for each.
  known.requireOperations(operationCount(json))
  const body = controlRequest.decode(json, 'the control request') as ControlRequest
  const { sequence, operations } = body
  const { connection, context, demand } = await authorFor(site, id, request, asked, body, arrival)
  if (sequence !== undefined) connection.advance(sequence)
  // All of it begins in this turn: what comes later is newer.
  const origin = { context, expiresAt: expiryOf(context), demand, sequence }
  connection.renew(origin)
  const results = await Promise.all(operations.map((operation) => connection.perform(operation, origin)))
  const answer: ControlAnswer = { results }
  return jsonAnswer(answer)
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
  readonly demand: number
}

/**
 * Finds the connection that a control request is about, and by which context it is done: made again where what it names was
 * revoked since. From here on it is part of its connection.
 */
async function authorFor(
  site: Site,
  id: string,
  request: TidingsRequest,
  asked: AskedContext,
  { operations }: ControlRequest,
  arrival: Arrival,
): Promise<AskedContext & { readonly connection: SharedConnection }> {
  let topics: readonly string[] | undefined
  for (let author = asked, count = 1; ; count += 1) {
    const connection = site.shared.get(id)
    if (!connection?.belongsTo(author.context)) throw gone()
    const { principal, address } = connection.connection.info
    arrival.become({
      principal,
      address,
      // Read once, and only where there is a revocation to compare with.
      get topics() {
        topics ??= operations.flatMap((operation) => keyOf(site, operation))
        return topics
      },
    })
    if (!arrival.isRevoked) {
      arrival.leave()
      return { ...author, connection }
    }
    if (count === mostAsked) throw revokedTooOften()
    arrival.ask()
    author = { demand: connection.demands, context: await contextOf(site, request) }
  }
}

/** The key of the topic that an operation is to have carried, if it can be read. */
function keyOf({ procedures }: Site, operation: ControlOperation): string[] {
  if (!('subscribe' in operation)) return []
  try {
    return [topicByKey(procedures, operation.subscribe).key]
  } catch {
    // It is refused for what it is.
    return []
  }
}

/** Has the node answer that a connection is on. It asks anew who sent the request. */
async function elsewhere(
  site: Site,
  id: string,
  request: TidingsRequest,
  json: unknown,
): Promise<CompleteAnswer> {
  const nodeId = nodeOf(id)
  const answer = nodeId !== undefined && (await site.peers?.forward(nodeId, request, json))
  if (answer) return answer
  site.noticeProcessBeside(id)
  throw gone()
}
