import { TidingsError } from '@tidings/core'
import type { CompiledCommand, CompiledStream } from '@tidings/core/wire'
import type { TidingsRequest } from './http.js'

/**
 * Reads what a command or stream takes from the body of its request.
 *
 * The content type is asked for also where there is no body: it is what a form on another site cannot send, nor a script
 * without leave of the browser's.
 *
 * @throws TidingsError `unsupported_media_type`, `bad_request`, `payload_too_large`, `invalid_input`
 */
export async function readInput(
  procedure: CompiledCommand | CompiledStream,
  request: TidingsRequest,
  maxBytes: number,
): Promise<unknown> {
  const contentType = request.headers.get('content-type')
  if (!/^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(contentType ?? '')) {
    const given = contentType ? `"${contentType}"` : 'nothing'
    const message = `The Content-Type of "${procedure.path}" is ${given}. Send application/json in UTF-8`
    throw new TidingsError({ code: 'unsupported_media_type', message })
  }
  if (!procedure.takesInput) return undefined
  return procedure.input.decode(await request.json(maxBytes), `the input of ${procedure.path}`)
}

/** Makes one of a procedure's declared errors. */
export function fail(code: string, data: unknown, message = `Refused: ${code}`): TidingsError {
  return new TidingsError({ code, data, message })
}
