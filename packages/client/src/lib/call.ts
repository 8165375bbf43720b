import { isTidingsError, TidingsError } from '@tidings/core'
import { asReceived, type CompiledCommand, type CompiledStream } from '@tidings/core/wire'
import { parseJson, readRefusal, requestFailure } from './answer.js'
import { linkedAbort } from './linked-abort.js'
import type { ResolvedOptions } from './options.js'

/**
 * Sends a command or stream its input, and gives the response once it is known to be an answer.
 *
 * @throws TidingsError for everything else
 */
export async function post(
  options: ResolvedOptions,
  procedure: CompiledCommand | CompiledStream,
  input: unknown,
  signal: AbortSignal,
): Promise<Response> {
  const url = `${options.url}/${procedure.path}`
  const json = procedure.input.encode(input, `the input of ${procedure.path}`, 'invalid_input')
  try {
    signal.throwIfAborted()
    const headers = await options.headers()
    headers.set('Content-Type', 'application/json')
    const response = await options.fetch(url, {
      method: 'POST',
      headers,
      credentials: options.credentials,
      ...(procedure.takesInput ? { body: JSON.stringify(json) } : {}),
      signal,
    })
    if (response.ok) return response
    throw await readRefusal(response)
  } catch (cause) {
    throw withTypedData(procedure, requestFailure(cause, `The request to ${url}`, signal))
  }
}

/**
 * Calls a command and gives its output. Any of the signals ends it.
 *
 * @throws TidingsError what the command failed with, or `network`, `aborted`, `closed`, `invalid_response`
 */
export async function callCommand(
  options: ResolvedOptions,
  command: CompiledCommand,
  input: unknown,
  signals: readonly (AbortSignal | undefined)[],
): Promise<unknown> {
  const what = `the output of ${command.path}`
  const { signal, unlink } = linkedAbort(...signals)
  try {
    const response = await post(options, command, input, signal)
    if (response.status === 204) return command.output.decode(undefined, what, 'invalid_response')
    const text = await response.text().catch((cause: unknown) => {
      throw requestFailure(cause, `The answer of ${response.url}`, signal)
    })
    return command.output.decode(parseJson(text, what), what, 'invalid_response')
  } finally {
    unlink()
  }
}

/** Decodes the data of a declared error. Data that does not fit makes it an `invalid_response`. */
export function withTypedData(
  procedure: CompiledCommand | CompiledStream,
  error: TidingsError,
): TidingsError {
  const declared = procedure.errors.get(error.code)
  if (!declared) return error
  const { code, status, message, issues, retryAfterMs } = error
  try {
    const data = declared.decode(error.data, `the data of error "${code}"`, 'invalid_response')
    return asReceived(new TidingsError({ code, status, message, data, issues, retryAfterMs }))
  } catch (misfit) {
    return isTidingsError(misfit) ? misfit : error
  }
}
