import { TidingsError } from '@tidings/core'
import type { CompiledCommand, CompiledStream } from '@tidings/core/wire'
import { decodeError, fromProblem, parseJson } from '@tidings/core/wire'
import type { CommandImplementation } from '../bind-handlers.js'
import type { TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { type LocalCaller, LocalRequest } from '../http/local-request.js'
import { onAbort } from '../on-abort.js'

/** Answers a request of this program as one that arrived over HTTP. */
export type Answer = (request: TidingsRequest) => Promise<TidingsResponse>

/**
 * Calls a command through the endpoint that handles it for clients, and returns its output as a client decodes it.
 *
 * @throws TidingsError the command's error, as a client receives it; `invalid_input`, `aborted`
 */
export async function callCommand(
  answer: Answer,
  { compiled }: CommandImplementation,
  input: unknown,
  caller: LocalCaller,
): Promise<unknown> {
  const request = callOf(compiled, input, caller)
  if (request.signal.aborted) throw abortError(request.signal)
  const response = await unlessLeft(request.signal, answer(request))
  const { status, body } = response as Extract<TidingsResponse, { kind: 'complete' }>
  const what = `the output of ${compiled.path}`
  if (status >= 400) throw receivedError(compiled, parseJson(body, what))
  return compiled.output.decode(status === 204 ? undefined : parseJson(body, what), what, 'invalid_output')
}

/** Returns the request that calls a procedure. @throws TidingsError `invalid_input` */
export function callOf(
  procedure: CompiledCommand | CompiledStream,
  input: unknown,
  caller: LocalCaller,
): LocalRequest {
  const json = procedure.input.encode(input, `the input of ${procedure.path}`, 'invalid_input')
  const body = procedure.takesInput ? json : undefined
  return new LocalRequest('POST', procedure.path, new URLSearchParams(), body, caller)
}

/** Returns an error as a client receives it, from its problem document. */
export function receivedError(procedure: CompiledCommand | CompiledStream, problem: unknown): TidingsError {
  const error = fromProblem(problem)
  if (!error) throw new TypeError(`${JSON.stringify(problem)} is not a problem document`)
  return decodeError(procedure, error, 'invalid_output')
}

/** Resolves with a promise, or rejects with `aborted` when the signal fires. */
async function unlessLeft<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  let stop = () => {}
  const left = new Promise<never>((_resolve, reject) => {
    stop = onAbort(signal, () => reject(abortError(signal)))
  })
  try {
    return await Promise.race([promise, left])
  } finally {
    stop()
  }
}

export function abortError({ reason }: AbortSignal): TidingsError {
  return new TidingsError({ code: 'aborted', message: 'The call was aborted', cause: reason })
}
