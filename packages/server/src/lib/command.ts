import { TidingsError } from '@tidings/core'
import type { CompiledCommand, CompiledStream } from '@tidings/core/wire'
import type { BoundCommand } from './binding.js'
import type { CompleteAnswer, TidingsRequest } from './http.js'
import type { Site } from './site.js'

/** Answers `POST /events/send`: 200 with the output, 204 if there is none. Errors are thrown. */
export async function answerCommand(
  site: Site,
  command: BoundCommand,
  request: TidingsRequest,
  context: unknown,
): Promise<CompleteAnswer> {
  const { compiled, handler } = command
  const input = await readInput(compiled, request, site.options.maxBodyBytes)
  const { emit } = site
  const output = await site.runs.run(request.signal, async (signal) =>
    handler({ input, context, emit, fail, signal }),
  )
  const json = compiled.output.encode(output, `the output of ${compiled.path}`)
  const headers = { 'Cache-Control': 'no-store' }
  if (json === undefined) return { kind: 'complete', status: 204, headers, body: '' }
  return {
    kind: 'complete',
    status: 200,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(json),
  }
}

/** Reads what a command or stream takes from the body of its request. */
export async function readInput(
  procedure: CompiledCommand | CompiledStream,
  request: TidingsRequest,
  maxBytes: number,
): Promise<unknown> {
  if (!procedure.takesInput) return undefined
  const contentType = request.headers.get('content-type')
  if (!/^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(contentType ?? '')) {
    const given = contentType ? `"${contentType}"` : 'nothing'
    const message = `The Content-Type of "${procedure.path}" is ${given}. Send application/json in UTF-8`
    throw new TidingsError({ code: 'unsupported_media_type', message })
  }
  return procedure.input.decode(await request.json(maxBytes), `the input of ${procedure.path}`)
}

/** Makes one of a procedure's declared errors. */
export function fail(code: string, data: unknown, message = `Refused: ${code}`): TidingsError {
  return new TidingsError({ code, data, message })
}
