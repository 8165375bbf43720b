import { TidingsError } from '@tidings/core'
import type { CompiledProcedure } from '@tidings/core/wire'
import { answerConnection, answerControl } from '../connections/connection-request.js'
import { answerTopic } from '../connections/topic-request.js'
import { expiryOf } from '../connections/validity.js'
import { answerCommand } from '../runs/command.js'
import { answerStream } from '../runs/stream.js'
import type { Site } from '../site.js'
import { problemAnswer } from './answers.js'
import { publicError } from './errors.js'
import type { Answer, CompleteAnswer, TidingsRequest } from './http.js'

/** What answers at a path. */
interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly procedure?: CompiledProcedure
  answer(context: unknown): Answer | Promise<Answer>
}

const controlPrefix = '$connections/'

/** Answers a request. Never rejects: what goes wrong is an answer too. */
export async function route(site: Site, request: TidingsRequest): Promise<Answer> {
  const endpoint = endpointOf(site, request)
  try {
    if (!endpoint) throw notFound(request.path)
    if (request.method !== endpoint.method) return methodNotAllowed(request, endpoint.method)
    const context = await site.options.context(request)
    if (expiryOf(context) <= Date.now()) throw expired()
    return await endpoint.answer(context)
  } catch (error) {
    // What breaks because the caller has left is nobody's failure.
    const report = (unexpected: unknown) => {
      if (!request.signal.aborted) site.options.onError(unexpected, { place: request.path })
    }
    return problemAnswer(publicError(error, endpoint?.procedure, report))
  }
}

function endpointOf(site: Site, request: TidingsRequest): Endpoint | undefined {
  const { path } = request
  if (path === '') return { method: 'GET', answer: (context) => answerConnection(site, request, context) }
  if (path.startsWith(controlPrefix)) {
    const id = path.slice(controlPrefix.length)
    const demand = site.shared.get(id)?.demands ?? 0
    return { method: 'POST', answer: (context) => answerControl(site, id, request, context, demand) }
  }
  const procedure = site.procedures.get(path)
  if (!procedure) return undefined
  const { kind, compiled } = procedure
  return {
    method: kind === 'channel' ? 'GET' : 'POST',
    procedure: compiled,
    answer: (context) => {
      if (kind === 'channel') return answerTopic(site, procedure, request, context)
      return kind === 'command'
        ? answerCommand(site, procedure, request, context)
        : answerStream(site, procedure, request, context)
    },
  }
}

function notFound(path: string): TidingsError {
  return new TidingsError({ code: 'not_found', message: `The contract has no "${path}"` })
}

function expired(): TidingsError {
  return new TidingsError({
    code: 'unauthorized',
    message: 'What you have proved who you are with has expired',
  })
}

function methodNotAllowed(request: TidingsRequest, method: string): CompleteAnswer {
  const what = request.path === '' ? 'The shared connection' : `"${request.path}"`
  const message = `${what} does not answer ${request.method}. Use ${method}`
  // RFC 9110 section 15.5.6: the answer must name the methods that are allowed.
  return problemAnswer(new TidingsError({ code: 'method_not_allowed', message }), { Allow: method })
}
