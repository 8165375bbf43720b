import { TidingsError } from '@tidings/core'
import type { CompiledProcedure } from '@tidings/core/wire'
import { maxAuthorizations } from '../connections/authorization-attempts.js'
import { type TopicRequest, topicOf } from '../connections/topic-access.js'
import type { CompleteResponse, TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { toPublicError } from '../http/public-error.js'
import { controlPrefix, descriptionPaths, inspectPath, runsPrefix } from '../http/reserved-paths.js'
import { problemResponse } from '../http/responses.js'
import type { PendingRequest } from '../revocations/revocations.js'
import { authenticate } from './authenticate.js'
import { handleCommand } from './command.js'
import { handleConnection, handleControl } from './connection.js'
import { handleDescription, mayRead } from './description.js'
import { handleHead } from './head.js'
import { handleInspection } from './inspection.js'
import { handleCancel, handleStart, runOf } from './run.js'
import type { ServerContext } from './server-context.js'
import { handleTopic } from './topic.js'

/** A path of the server, with the requests it handles. */
interface Endpoint {
  readonly procedure?: CompiledProcedure
  /** By method. */
  readonly handlers: Readonly<Record<string, () => Promise<TidingsResponse>>>
  /** Whether the path exists for the caller; absent for one that always does. */
  isAllowed?(): Promise<boolean>
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
    if (!endpoint || (await endpoint.isAllowed?.()) === false) throw notFound(request.path)
    const { handlers } = endpoint
    const handle = Object.hasOwn(handlers, request.method) ? handlers[request.method] : undefined
    return handle ? await handle() : methodNotAllowed(request, Object.keys(handlers))
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
      handlers: {
        GET: () =>
          openStream(server, request, (...authenticated) =>
            handleConnection(server, request, ...authenticated),
          ),
        HEAD: () => handleHead(server, request),
      },
    }
  }
  if (path.startsWith(controlPrefix)) {
    const id = path.slice(controlPrefix.length)
    return { handlers: { POST: () => control(server, id, request) } }
  }
  if (path.startsWith(runsPrefix)) {
    const id = path.slice(runsPrefix.length)
    return { handlers: { POST: () => handleCancel(server, id, request) } }
  }
  const description = descriptionPaths.find((each) => each === path)
  if (description) {
    const read = () => handleDescription(server, request, description)
    return { isAllowed: () => mayRead(server, request), handlers: { GET: read, HEAD: read } }
  }
  if (isInspection(server, request)) {
    const inspect = async () => {
      const response = await handleInspection(server, request)
      if (response) return response
      throw notFound(path)
    }
    return { handlers: { GET: inspect, HEAD: inspect } }
  }
  const procedure = server.procedures.get(path)
  if (!procedure) return undefined
  const { kind, compiled } = procedure
  switch (kind) {
    case 'channel':
      return {
        procedure: compiled,
        handlers: readers(server, request, () => topicOf(procedure, request.query, server.topics)),
      }
    case 'command':
      return {
        procedure: compiled,
        handlers: { POST: () => handleCommand(server, procedure, request) },
      }
    case 'stream':
      return {
        procedure: compiled,
        handlers: {
          POST: () => handleStart(server, procedure, request),
          ...readers(server, request, () => runOf(server, procedure, request)),
        },
      }
  }
}

/** Whether a request is for the inspector. One of another method is for nothing, which reveals no inspector. */
function isInspection({ options }: ServerContext, { method, path }: TidingsRequest): boolean {
  if (!options.inspector || (method !== 'GET' && method !== 'HEAD')) return false
  return path === inspectPath || path.startsWith(`${inspectPath}/`)
}

/** Returns the handlers of the requests that read a topic or run. */
function readers(
  server: ServerContext,
  request: TidingsRequest,
  requested: () => TopicRequest,
): Endpoint['handlers'] {
  return {
    GET: () =>
      openStream(server, request, (...authenticated) =>
        handleTopic(server, requested(), request, ...authenticated),
      ),
    HEAD: () => handleHead(server, request, requested),
  }
}

/** Opens a stream. Authenticates the request again if it is revoked before the stream is open. */
async function openStream(
  server: ServerContext,
  request: TidingsRequest,
  open: (context: unknown, pending: PendingRequest) => Promise<TidingsResponse>,
): Promise<TidingsResponse> {
  const { starting } = server.revocationLog ?? {}
  if (starting) await starting
  const pending = server.revocations.begin()
  try {
    for (let count = 1; ; count += 1) {
      pending.restart()
      const response = await open(await authenticate(server, request), pending)
      if (response.kind === 'complete') {
        pending.finish()
        return response
      }
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

function methodNotAllowed(request: TidingsRequest, allowed: readonly string[]): CompleteResponse {
  const what = request.path === '' ? 'The shared connection' : `"${request.path}"`
  const message = `${what} does not accept ${request.method}. Use ${allowed.join(' or ')}`
  // RFC 9110 section 15.5.6: the response must name the allowed methods.
  return problemResponse(new TidingsError({ code: 'method_not_allowed', message }), {
    Allow: allowed.join(', '),
  })
}
