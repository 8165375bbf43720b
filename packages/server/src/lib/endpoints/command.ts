import { TidingsError } from '@tidings/core'
import type { CommandImplementation } from '../bind-handlers.js'
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { toPublicError } from '../http/public-error.js'
import { jsonResponse, problemResponse } from '../http/responses.js'
import type { Caller } from '../middleware/compose.js'
import { authenticateAndRead } from './authenticate.js'
import { fail, readInput } from './request-body.js'
import type { ServerContext } from './server-context.js'

/** The maximum length of an idempotency key, in characters. */
const maxKeyLength = 255

/**
 * Handles `POST /events/send`: responds with 200 and the output, or 204 without one. A command that is sent again
 * with the same `Idempotency-Key` is not run again. A refusal before it runs is thrown.
 */
export async function handleCommand(
  server: ServerContext,
  command: CommandImplementation,
  request: TidingsRequest,
): Promise<CompleteResponse> {
  const { path } = command.compiled
  const { context, body } = await authenticateAndRead(server, request, async () => {
    const key = idempotencyKeyOf(request)
    return { key, ...(await readInput(command.compiled, request, server.options.maxBodyBytes)) }
  })
  const { key, json, input } = body
  const run = (signal: AbortSignal) => runCommand(server, command, input, context, request, signal)
  if (key === undefined) {
    const response = run(request.signal)
    request.waitUntil?.(response)
    return response
  }
  const keyed = {
    ...callerOf(server, request, context),
    key: JSON.stringify([path, key]),
    body: json,
    ms: command.idempotencyMs,
    left: request.signal,
    waitUntil: (promise: Promise<unknown>) => request.waitUntil?.(promise),
  }
  return server.idempotency.run(keyed, run)
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
 * Returns the owner of a request, and the account that its kept response counts for.
 *
 * Callers without principal and credentials share their keys, so that a retry from another address finds its response.
 * Their responses count for their address, so that one address cannot displace those of another.
 */
function callerOf({ options }: ServerContext, { headers, address }: TidingsRequest, context: unknown) {
  const principal = options.principal(context)
  const credentials = [headers.get('authorization'), headers.get('cookie')]
  const owner = JSON.stringify(principal ?? credentials)
  const isKnown = principal !== undefined || credentials.some((given) => given !== null)
  return { owner, account: isKnown ? owner : JSON.stringify({ address }), address }
}

/**
 * Runs the middleware and the handler. An error of the handler is a response too, which a retry receives again.
 * An error before the handler has begun is thrown: the command has not run, and a retry may run it.
 */
async function runCommand(
  server: ServerContext,
  { compiled, handler, runBehind }: CommandImplementation,
  input: unknown,
  context: unknown,
  caller: Caller,
  left: AbortSignal,
): Promise<CompleteResponse> {
  const { emit, options, calls } = server
  calls.requireOpen()
  let hasBegun = false
  try {
    const output = await calls.run([left], async (signal) => {
      const handle = (current: unknown) => {
        hasBegun = true
        return handler({ input, context: current, emit, fail, signal })
      }
      if (!runBehind) return handle(context)
      return runBehind({ context, input, signal }, caller, async (current) => handle(current))
    })
    return jsonResponse(compiled.output.encode(output, `the output of ${compiled.path}`))
  } catch (error) {
    if (!hasBegun) throw error
    // A failure after the client has left is a consequence of that.
    const report = (unexpected: unknown) => {
      if (!left.aborted) options.onError(unexpected, { place: compiled.path })
    }
    return problemResponse(toPublicError(error, compiled, report))
  }
}
