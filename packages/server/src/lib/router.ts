import { TidingsError } from '@tidings/core'
import { problemContentType, toProblem } from '@tidings/core/wire'
import { answerCommand } from './command.js'
import { publicError } from './errors.js'
import type { Answer, CompleteAnswer, TidingsRequest } from './http.js'
import type { Site } from './site.js'
import { answerStream } from './stream.js'
import { answerTopic } from './topic-request.js'

/** Answers a request. Never rejects: what goes wrong is an answer too. */
export async function route(site: Site, request: TidingsRequest): Promise<Answer> {
  const procedure = site.procedures.get(request.path)
  try {
    if (!procedure) throw notFound(request.path)
    const method = procedure.kind === 'channel' ? 'GET' : 'POST'
    if (request.method !== method) return methodNotAllowed(request, method)
    const context = await site.options.context(request)
    switch (procedure.kind) {
      case 'channel':
        return await answerTopic(site, procedure, request, context)
      case 'command':
        return await answerCommand(site, procedure, request, context)
      case 'stream':
        return await answerStream(site, procedure, request, context)
    }
  } catch (error) {
    // What breaks because the caller has left is nobody's failure.
    const report = (unexpected: unknown) => {
      if (!request.signal.aborted) site.options.onError(unexpected, { place: request.path })
    }
    return problemAnswer(publicError(error, procedure?.compiled, report))
  }
}

/** An error as an answer of its own: RFC 9457 section 3. */
export function problemAnswer(error: TidingsError, headers: CompleteAnswer['headers'] = {}): CompleteAnswer {
  const problem = toProblem(error)
  const { retryAfterMs } = error
  return {
    kind: 'complete',
    status: problem.status,
    headers: {
      'Content-Type': problemContentType,
      'Cache-Control': 'no-store',
      // Whole seconds, rounded up: RFC 9110 section 10.2.3.
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
      ...headers,
    },
    body: JSON.stringify(problem),
  }
}

function notFound(path: string): TidingsError {
  const message =
    path === '' ? 'Name a procedure of the contract in the path' : `The contract has no "${path}"`
  return new TidingsError({ code: 'not_found', message })
}

function methodNotAllowed(request: TidingsRequest, method: string): CompleteAnswer {
  const message = `"${request.path}" does not answer ${request.method}. Use ${method}`
  // RFC 9110 section 15.5.6: the answer must name the methods that are allowed.
  return problemAnswer(new TidingsError({ code: 'method_not_allowed', message }), { Allow: method })
}
