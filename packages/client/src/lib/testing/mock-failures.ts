import { isTidingsError, TidingsError } from '@tidings/core'
import {
  type CompiledProcedure,
  isErrorCode,
  type Problem,
  problemContentType,
  toProblem,
} from '@tidings/core/wire'

/** Creates a declared error of a procedure, to be thrown by its answer. */
export function fail(code: string, data?: unknown, message?: string): TidingsError {
  return new TidingsError({ code, data, message: message ?? `Refused: ${code}` })
}

/**
 * Returns the problem document of an error, its data encoded by the procedure.
 *
 * @param procedure undefined for the connection
 * @throws TidingsError `invalid_output` if the data does not fit
 * @throws TypeError if the procedure does not declare the error, and it is not one of Tidings' own
 */
export function problemOf(error: TidingsError, procedure?: CompiledProcedure): Problem {
  const declared = errorsOf(procedure)?.get(error.code)
  if (!declared) {
    if (isErrorCode(error.code)) return toProblem(error)
    throw undeclared(error.code, procedure)
  }
  const { code, status, message, retryAfterMs } = error
  const data = declared.encode(error.data, `the data of error "${code}" of ${procedure?.path}`)
  return toProblem(new TidingsError({ code, status, message, data, retryAfterMs }))
}

/** Returns the problem that a client receives for what an answer threw, and reports what a server would not send. */
export function problemOfThrown(
  thrown: unknown,
  procedure: CompiledProcedure | undefined,
  report: (error: unknown) => void,
): Problem {
  try {
    if (isTidingsError(thrown) && thrown.code !== 'invalid_output') return problemOf(thrown, procedure)
    throw thrown
  } catch (error) {
    report(error)
    const message = `The mock's answer failed: ${error instanceof Error ? error.message : String(error)}`
    return toProblem(new TidingsError({ code: 'internal', message }))
  }
}

function undeclared(code: string, procedure?: CompiledProcedure): TypeError {
  const own = "one of Tidings' own, such as forbidden"
  const names = [...(errorsOf(procedure)?.keys() ?? [])]
  const declared = names.length > 0 ? `one of ${names.join(', ')}` : 'one that errors declares'
  const what = procedure ? nameOf(procedure.path) : 'the connection'
  return new TypeError(
    `${what} does not declare the error "${code}". Give ${errorsOf(procedure) ? `${declared}, or ${own}` : own}`,
  )
}

/** Returns the declared errors of a procedure. A channel and the connection have none. */
function errorsOf(procedure?: CompiledProcedure) {
  return procedure === undefined || procedure.kind === 'channel' ? undefined : procedure.errors
}

/** Returns a procedure's name as it stands in a program: `chat.send`. */
export function nameOf(path: string): string {
  return path.replaceAll('/', '.')
}

export function unanswered(path: string): Error {
  const name = nameOf(path)
  return new Error(
    `${name} was called, and the mock has no answer. Write mock.on.${name}(async (input) => …), or give it to mockClient(contract, { … })`,
  )
}

export function notFound(path: string): TidingsError {
  return new TidingsError({ code: 'not_found', message: `The contract has no procedure ${path}` })
}

/** Returns the error that `fetch` rejects with when the network fails. */
export function broken(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('the mock has cut the network') })
}

export function jsonResponse(status: number, body: unknown): Response {
  if (body === undefined) return new Response(null, { status: 204 })
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
}

export function problemResponse(problem: Problem): Response {
  const headers = { 'Content-Type': problemContentType }
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
