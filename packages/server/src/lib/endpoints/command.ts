import { TidingsError } from '@tidings/core'
import type { CommandImplementation } from '../bind-handlers.js'
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { toPublicError } from '../http/public-error.js'
import { jsonResponse, problemResponse } from '../http/responses.js'
import { authenticateAndRead } from './authenticate.js'
import { fail, readInput } from './request-body.js'
import type { ServerContext } from './server-context.js'

/** How long an idempotency key may be, in characters. */
const maxKeyLength = 255

/**
 * Answers `POST /events/send`: 200 with the output, 204 if there is none. With an `Idempotency-Key`, one that is sent
 * again is not run again. What is refused before it runs is thrown.
 */
export async function handleCommand(
  site: ServerContext,
  command: CommandImplementation,
  request: TidingsRequest,
): Promise<CompleteResponse> {
  const { path } = command.compiled
  const { context, body } = await authenticateAndRead(site, request, async () => {
    const key = idempotencyKeyOf(request)
    return { key, ...(await readInput(command.compiled, request, site.options.maxBodyBytes)) }
  })
  const { key, json, input } = body
  if (key === undefined) return runCommand(site, command, input, context, request.signal)
  const keyed = {
    ...callerOf(site, request, context),
    key: JSON.stringify([path, key]),
    body: json,
    ms: command.idempotencyMs,
    left: request.signal,
  }
  return site.idempotency.run(keyed, (signal) => runCommand(site, command, input, context, signal))
}

/** @throws TidingsError `bad_request` for a key that is empty or too long */
function idempotencyKeyOf({ headers }: TidingsRequest): string | undefined {
  const key = headers.get('idempotency-key')
  if (key === null) return undefined
  if (key !== '' && key.length <= maxKeyLength) return key
  const given = key === '' ? 'is empty' : `has ${key.length} characters`
  const message = `The Idempotency-Key ${given}. Send a new key of 1 to ${maxKeyLength} characters for each command`
  throw new TidingsError({ code: 'bad_request', message })
}

/**
 * Whose a request is, and to which account its answer is counted.
 *
 * Callers without principal and credentials share their keys, so that a retry from another address finds its answer. What
 * is kept for them is counted to their address, so that one address does not displace the answers of another.
 */
function callerOf({ options }: ServerContext, { headers, address }: TidingsRequest, context: unknown) {
  const principal = options.principal(context)
  const credentials = [headers.get('authorization'), headers.get('cookie')]
  const owner = JSON.stringify(principal ?? credentials)
  const isKnown = principal !== undefined || credentials.some((given) => given !== null)
  return { owner, account: isKnown ? owner : JSON.stringify({ address }), address }
}

/** Runs the handler. What it throws is an answer too; that it cannot begin any more is none, and thrown. */
async function runCommand(
  site: ServerContext,
  { compiled, handler }: CommandImplementation,
  input: unknown,
  context: unknown,
  left: AbortSignal,
): Promise<CompleteResponse> {
  const { emit, options, calls: runs } = site
  runs.requireOpen()
  try {
    const output = await runs.run([left], async (signal) => handler({ input, context, emit, fail, signal }))
    return jsonResponse(compiled.output.encode(output, `the output of ${compiled.path}`))
  } catch (error) {
    // What breaks because the caller has left is nobody's failure.
    const report = (unexpected: unknown) => {
      if (!left.aborted) options.onError(unexpected, { place: compiled.path })
    }
    return problemResponse(toPublicError(error, compiled, report))
  }
}
