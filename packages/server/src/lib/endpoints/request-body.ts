import { TidingsError } from '@tidings/core'
import type { CompiledCommand, CompiledStream } from '@tidings/core/wire'
import type { TidingsRequest } from '../http/adapter.js'
import { parseMediaType } from '../http/media-type.js'
import { requireModest } from '../http/nesting.js'

/**
 * Reads a JSON body.
 *
 * The content type is required because a form on another site cannot send it, nor a script without a preflight.
 *
 * @throws TidingsError `unsupported_media_type`, `bad_request`, `payload_too_large`
 */
export async function readJsonBody(
  request: TidingsRequest,
  maxBytes: number,
  what: string,
): Promise<unknown> {
  requireJson(request, what)
  const json = await request.json(maxBytes)
  requireModest(json, `The body of ${what}`, maxBytes)
  return json
}

/**
 * Reads the input of a command or stream. The content type is required even without a body.
 *
 * @throws TidingsError `invalid_input`, and as {@link readJsonBody} does
 */
export async function readInput(
  procedure: CompiledCommand | CompiledStream,
  request: TidingsRequest,
  maxBytes: number,
): Promise<{ readonly json: unknown; readonly input: unknown }> {
  const what = `"${procedure.path}"`
  if (!procedure.takesInput) {
    requireJson(request, what)
    return { json: undefined, input: undefined }
  }
  const json = await readJsonBody(request, maxBytes, what)
  return { json, input: procedure.input.decode(json, `the input of ${procedure.path}`) }
}

/**
 * Checks that a request has the content type of JSON, even without a body.
 *
 * @throws TidingsError `unsupported_media_type`
 */
export function requireJson(request: TidingsRequest, what: string): void {
  const contentType = request.headers.get('content-type')
  const given = parseMediaType(contentType ?? '')
  const charset = given?.parameters.get('charset') ?? 'utf-8'
  const isJson = given?.essence === 'application/json'
  if (isJson && charset.toLowerCase() === 'utf-8') return
  const is = isJson ? `in "${charset}"` : contentType ? `"${contentType}"` : 'nothing'
  const message = `The Content-Type of ${what} is ${is}. Send application/json in UTF-8`
  throw new TidingsError({ code: 'unsupported_media_type', message })
}

/** Creates one of a procedure's declared errors. */
export function fail(code: string, data: unknown, message = `Refused: ${code}`): TidingsError {
  return new TidingsError({ code, data, message })
}
