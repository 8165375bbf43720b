import type { BoundCommand } from './binding.js'
import { fail, readInput } from './exchange.js'
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
