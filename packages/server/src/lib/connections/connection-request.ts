import { type ControlAnswer, type ControlRequest, payloadOf } from '@tidings/core/wire'
import * as z from 'zod/mini'
import type { ConnectionInfo } from '../hooks.js'
import { jsonAnswer } from '../http/answers.js'
import type { CompleteAnswer, StreamAnswer, TidingsRequest } from '../http/http.js'
import { readJsonBody } from '../runs/exchange.js'
import type { Site } from '../site.js'
import { admit, connectionInfo } from './admission.js'
import { eventStream } from './event-stream.js'
import { gone, SharedConnection } from './shared-connection.js'
import { expiryOf } from './validity.js'

/** Answers `GET /events`: a connection that carries the topics which control requests name. */
export async function answerConnection(
  site: Site,
  request: TidingsRequest,
  context: unknown,
): Promise<StreamAnswer> {
  const info = connectionInfo(site, request, context, undefined)
  const expiresAt = expiryOf(context)
  await admit(site, info)
  return sharedStream(site, info, expiresAt)
}

// A function of its own, so that an open connection does not keep the request it came with.
function sharedStream(site: Site, info: ConnectionInfo, expiresAt: number): StreamAnswer {
  return eventStream(
    (sink) => {
      const { connection } = new SharedConnection(site, sink, info, expiresAt)
      const lastWords = site.lastWords()
      // It was on its way in when the server began to close.
      if (lastWords) connection.end('closed', lastWords)
      return connection
    },
    () => site.admission.release(info),
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
    operations: z.array(operation).check(z.maxLength(10_000)),
  }),
)

/**
 * Answers `POST /events/$connections/<id>`: changes what a shared connection carries, and proves who its client is. It is
 * authorised by its own credentials, and has to come from the connection's own principal.
 *
 * @param demand how often the connection's client had been asked to prove who it is before `context` was made
 * @throws TidingsError `gone` where there is no such connection, or it is somebody else's; `conflict` for one that is late
 */
export async function answerControl(
  site: Site,
  id: string,
  request: TidingsRequest,
  context: unknown,
  demand: number,
): Promise<CompleteAnswer> {
  const json = await readJsonBody(request, site.options.maxBodyBytes, 'a control request')
  const connection = site.shared.get(id)
  if (!connection) return elsewhere(site, id, request, json)
  if (!connection.belongsTo(context)) throw gone()
  const { sequence, operations } = controlRequest.decode(json, 'the control request') as ControlRequest
  if (sequence !== undefined) connection.advance(sequence)
  // All of it begins in this turn: what comes later is newer.
  const origin = { context, expiresAt: expiryOf(context), demand, sequence }
  connection.renew(origin)
  const results = await Promise.all(operations.map((operation) => connection.perform(operation, origin)))
  const answer: ControlAnswer = { results }
  return jsonAnswer(answer)
}

/** Has the node answer that a connection is on. It asks anew who sent the request. */
async function elsewhere(
  { peers }: Site,
  id: string,
  request: TidingsRequest,
  json: unknown,
): Promise<CompleteAnswer> {
  const [nodeId = '', secret] = id.split('.')
  const answer = secret && (await peers?.forward(nodeId, request, json))
  if (!answer) throw gone()
  return answer
}
