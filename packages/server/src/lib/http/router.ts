import { TidingsError } from '@tidings/core'
import type { CompiledProcedure } from '@tidings/core/wire'
import { answerConnection, answerControl } from '../connections/connection-request.js'
import { contextOf, mostAsked } from '../connections/context-of.js'
import { answerHead } from '../connections/head.js'
import type { Arrival } from '../connections/revocations.js'
import { answerTopic } from '../connections/topic-request.js'
import { answerCommand } from '../runs/command.js'
import { answerStream } from '../runs/stream.js'
import type { Site } from '../site.js'
import { problemAnswer } from './answers.js'
import { publicError } from './errors.js'
import type { Answer, CompleteAnswer, StreamAnswer, TidingsRequest } from './http.js'

/** What answers at a path. */
interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly procedure?: CompiledProcedure
  /** Answers HEAD, where it is answered. */
  head?(): Promise<CompleteAnswer>
  answer(): Promise<Answer>
}

const controlPrefix = '$connections/'

/** Answers a request. Never rejects: what goes wrong is an answer too. */
export async function route(site: Site, request: TidingsRequest): Promise<Answer> {
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
    return problemAnswer(publicError(error, endpoint?.procedure, report))
  }
}

function endpointOf(site: Site, request: TidingsRequest): Endpoint | undefined {
  const { path } = request
  if (path === '') {
    return {
      method: 'GET',
      head: () => answerHead(site, request),
      answer: () => opened(site, request, (...asked) => answerConnection(site, request, ...asked)),
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
      head: () => answerHead(site, request, procedure),
      answer: () => opened(site, request, (...asked) => answerTopic(site, procedure, request, ...asked)),
    }
  }
  return {
    method: 'POST',
    procedure: compiled,
    answer: () =>
      kind === 'command' ? answerCommand(site, procedure, request) : answerStream(site, procedure, request),
  }
}

/** Answers a request that opens a connection. It is asked again where that is revoked before it has. */
async function opened(
  site: Site,
  request: TidingsRequest,
  open: (context: unknown, arrival: Arrival) => Promise<StreamAnswer>,
): Promise<StreamAnswer> {
  const { starting } = site.sharedRevocations ?? {}
  if (starting) await starting
  const arrival = site.revocations.arrive()
  try {
    for (let count = 1; ; count += 1) {
      arrival.ask()
      const answer = await open(await contextOf(site, request), arrival)
      // At last, what it opens is treated like what was open.
      if (!arrival.isRevoked || count === mostAsked) return answer
      answer.drop()
    }
  } catch (error) {
    arrival.leave()
    throw error
  }
}

async function controlled(site: Site, id: string, request: TidingsRequest): Promise<Answer> {
  const arrival = site.revocations.arrive()
  try {
    arrival.ask()
    const demand = site.shared.get(id)?.demands ?? 0
    const context = await contextOf(site, request)
    return await answerControl(site, id, request, { context, demand }, arrival)
  } finally {
    arrival.leave()
  }
}

function notFound(path: string): TidingsError {
  return new TidingsError({ code: 'not_found', message: `The contract has no "${path}"` })
}

function methodNotAllowed(request: TidingsRequest, { method, head }: Endpoint): CompleteAnswer {
  const allowed = head ? [method, 'HEAD'] : [method]
  const what = request.path === '' ? 'The shared connection' : `"${request.path}"`
  const message = `${what} does not accept ${request.method}. Use ${allowed.join(' or ')}`
  // RFC 9110 section 15.5.6: the answer must name the methods that are allowed.
  return problemAnswer(new TidingsError({ code: 'method_not_allowed', message }), {
    Allow: allowed.join(', '),
  })
}
