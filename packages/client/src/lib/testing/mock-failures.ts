import { isTidingsError, TidingsError } from '@tidings/core'
import {
  type CompiledCommand,
  type CompiledStream,
  type Problem,
  problemContentType,
  toProblem,
} from '@tidings/core/wire'

/** Creates a declared error of a procedure, to be thrown by its answer. */
export function fail(code: string, data?: unknown, message?: string): TidingsError {
  return new TidingsError({ code, data, message: message ?? `Refused: ${code}` })
}

/** Returns the problem document of an error, its data encoded by the procedure. */
export function problemOf(error: TidingsError, procedure?: CompiledCommand | CompiledStream): Problem {
  const declared = procedure?.errors.get(error.code)
  if (!declared) return toProblem(error)
  const { code, status, message, retryAfterMs } = error
  const data = declared.encode(error.data, `the data of error "${code}" of ${procedure?.path}`)
  return toProblem(new TidingsError({ code, status, message, data, retryAfterMs }))
}

/** Returns the error that a client receives for what an answer threw, and reports an unexpected one. */
export function toClientError(thrown: unknown, report: (error: unknown) => void): TidingsError {
  if (isTidingsError(thrown) && thrown.code !== 'invalid_output') return thrown
  report(thrown)
  const message = `The mock's answer failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  return new TidingsError({ code: 'internal', message })
}

export function jsonResponse(status: number, body: unknown): Response {
  if (body === undefined) return new Response(null, { status: 204 })
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
}

export function problemResponse(problem: Problem): Response {
  const headers = { 'Content-Type': problemContentType }
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
