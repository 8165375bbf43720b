import { TidingsError } from '@tidings/core'
import type { CompiledProcedure } from '@tidings/core/wire'
import { maxAuthorizations } from '../connections/authorization-attempts.js'
import type { CompleteResponse, StreamResponse, TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { toPublicError } from '../http/public-error.js'
import { controlPrefix } from '../http/reserved-paths.js'
import { problemResponse } from '../http/responses.js'
import type { PendingRequest } from '../revocations/revocations.js'
import { authenticate } from './authenticate.js'
import { handleCommand } from './command.js'
import { handleConnection, handleControl } from './connection.js'
import { handleHead } from './head.js'
import type { ServerContext } from './server-context.js'
import { handleStream } from './stream.js'
import { handleTopic } from './topic.js'

/** A path of the server, with the request it handles. */
interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly procedure?: CompiledProcedure
  /** Handles HEAD; absent where HEAD is not allowed. */
  head?(): Promise<CompleteResponse>
  handle(): Promise<TidingsResponse>
}

/** Handles a request. Never rejects: a failure is a response too. */
export function route(server: ServerContext, request: TidingsRequest): Promise<TidingsResponse> {
  const endpoint = endpointOf(server, request)
  const { tracing } = server.options
  if (!tracing) return respond(server, request, endpoint)
  return tracing.handle(request, endpoint?.procedure, () => respond(server, request, endpoint))
}

async function respond(
  server: ServerContext,
  request: TidingsRequest,
  endpoint: Endpoint | undefined,
): Promise<TidingsResponse> {
  try {
    if (!endpoint) throw notFound(request.path)
    if (request.method === 'HEAD' && endpoint.head) return await endpoint.head()
    if (request.method !== endpoint.method) return methodNotAllowed(request, endpoint)
    return await endpoint.handle()
  } catch (error) {
    // A failure after the client has left is a consequence of that.
    const report = (unexpected: unknown) => {
      if (!request.signal.aborted) server.options.onError(unexpected, { place: request.path })
    }
    return problemResponse(toPublicError(error, endpoint?.procedure, report))
  }
}

function endpointOf(server: ServerContext, request: TidingsRequest): Endpoint | undefined {
  const { path } = request
  if (path === '') {
    return {
      method: 'GET',
      head: () => handleHead(server, request),
      handle: () =>
        openStream(server, request, (...authenticated) =>
          handleConnection(server, request, ...authenticated),
        ),
    }
  }
  if (path.startsWith(controlPrefix)) {
    const id = path.slice(controlPrefix.length)
    return { method: 'POST', handle: () => control(server, id, request) }
  }
  const procedure = server.procedures.get(path)
  if (!procedure) return undefined
  const { kind, compiled } = procedure
  if (kind === 'channel') {
    return {
      method: 'GET',
      procedure: compiled,
      head: () => handleHead(server, request, procedure),
      handle: () =>
        openStream(server, request, (...authenticated) =>
          handleTopic(server, procedure, request, ...authenticated),
        ),
    }
  }
  return {
    method: 'POST',
    procedure: compiled,
    handle: () =>
      kind === 'command'
        ? handleCommand(server, procedure, request)
        : handleStream(server, procedure, request),
  }
}

/** Opens a stream. Authenticates the request again if it is revoked before the stream is open. */
async function openStream(
  server: ServerContext,
  request: TidingsRequest,
  open: (context: unknown, pending: PendingRequest) => Promise<StreamResponse>,
): Promise<StreamResponse> {
  const { starting } = server.revocationLog ?? {}
  if (starting) await starting
  const pending = server.revocations.begin()
  try {
    for (let count = 1; ; count += 1) {
      pending.restart()
      const response = await open(await authenticate(server, request), pending)
      // At last, the revocation is applied to the connection as it opens.
      if (!pending.isRevoked || count === maxAuthorizations) return response
      response.drop()
    }
  } catch (error) {
    pending.finish()
    throw error
  }
}

async function control(server: ServerContext, id: string, request: TidingsRequest): Promise<TidingsResponse> {
  const pending = server.revocations.begin()
  try {
    pending.restart()
    const challenge = server.shared.get(id)?.auth.challenges ?? 0
    const context = await authenticate(server, request)
    return await handleControl(server, id, request, { context, challenge }, pending)
  } finally {
    pending.finish()
  }
}

function notFound(path: string): TidingsError {
  return new TidingsError({ code: 'not_found', message: `The contract has no "${path}"` })
}

function methodNotAllowed(request: TidingsRequest, { method, head }: Endpoint): CompleteResponse {
  const allowed = head ? [method, 'HEAD'] : [method]
  const what = request.path === '' ? 'The shared connection' : `"${request.path}"`
  const message = `${what} does not accept ${request.method}. Use ${allowed.join(' or ')}`
  // RFC 9110 section 15.5.6: the response must name the allowed methods.
  return problemResponse(new TidingsError({ code: 'method_not_allowed', message }), {
    Allow: allowed.join(', '),
  })
}
