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

/** What answers at a path. */
interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly procedure?: CompiledProcedure
  /** Answers HEAD, where it is answered. */
  head?(): Promise<CompleteResponse>
  answer(): Promise<TidingsResponse>
}

/** Answers a request. Never rejects: what goes wrong is an answer too. */
export async function route(site: ServerContext, request: TidingsRequest): Promise<TidingsResponse> {
  const endpoint = endpointOf(site, request)
  try {
    if (!endpoint) throw notFound(request.path)
    if (request.method === 'HEAD' && endpoint.head) return await endpoint.head()
    if (request.method !== endpoint.method) return methodNotAllowed(request, endpoint)
    return await endpoint.answer()
  } catch (error) {
    // What breaks because the caller has left is nobody's failure.
    const report = (unexpected: unknown) => {
      if (!request.signal.aborted) site.options.onError(unexpected, { place: request.path })
    }
    return problemResponse(toPublicError(error, endpoint?.procedure, report))
  }
}

function endpointOf(site: ServerContext, request: TidingsRequest): Endpoint | undefined {
  const { path } = request
  if (path === '') {
    return {
      method: 'GET',
      head: () => handleHead(site, request),
      answer: () => opened(site, request, (...asked) => handleConnection(site, request, ...asked)),
    }
  }
  if (path.startsWith(controlPrefix)) {
    const id = path.slice(controlPrefix.length)
    return { method: 'POST', answer: () => controlled(site, id, request) }
  }
  const procedure = site.procedures.get(path)
  if (!procedure) return undefined
  const { kind, compiled } = procedure
  if (kind === 'channel') {
    return {
      method: 'GET',
      procedure: compiled,
      head: () => handleHead(site, request, procedure),
      answer: () => opened(site, request, (...asked) => handleTopic(site, procedure, request, ...asked)),
    }
  }
  return {
    method: 'POST',
    procedure: compiled,
    answer: () =>
      kind === 'command' ? handleCommand(site, procedure, request) : handleStream(site, procedure, request),
  }
}

/** Answers a request that opens a connection. It is asked again where that is revoked before it has. */
async function opened(
  site: ServerContext,
  request: TidingsRequest,
  open: (context: unknown, arrival: PendingRequest) => Promise<StreamResponse>,
): Promise<StreamResponse> {
  const { starting } = site.revocationLog ?? {}
  if (starting) await starting
  const arrival = site.revocations.begin()
  try {
    for (let count = 1; ; count += 1) {
      arrival.restart()
      const answer = await open(await authenticate(site, request), arrival)
      // At last, what it opens is treated like what was open.
      if (!arrival.isRevoked || count === maxAuthorizations) return answer
      answer.drop()
    }
  } catch (error) {
    arrival.finish()
    throw error
  }
}

async function controlled(
  site: ServerContext,
  id: string,
  request: TidingsRequest,
): Promise<TidingsResponse> {
  const arrival = site.revocations.begin()
  try {
    arrival.restart()
    const challenge = site.shared.get(id)?.challenges ?? 0
    const context = await authenticate(site, request)
    return await handleControl(site, id, request, { context, challenge }, arrival)
  } finally {
    arrival.finish()
  }
}

function notFound(path: string): TidingsError {
  return new TidingsError({ code: 'not_found', message: `The contract has no "${path}"` })
}

function methodNotAllowed(request: TidingsRequest, { method, head }: Endpoint): CompleteResponse {
  const allowed = head ? [method, 'HEAD'] : [method]
  const what = request.path === '' ? 'The shared connection' : `"${request.path}"`
  const message = `${what} does not accept ${request.method}. Use ${allowed.join(' or ')}`
  // RFC 9110 section 15.5.6: the answer must name the methods that are allowed.
  return problemResponse(new TidingsError({ code: 'method_not_allowed', message }), {
    Allow: allowed.join(', '),
  })
}
