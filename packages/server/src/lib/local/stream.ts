import { runKey, toProblem } from '@tidings/core/wire'
import type { StreamImplementation } from '../bind-handlers.js'
import { identityOf } from '../endpoints/admit.js'
import { authenticateAndRead } from '../endpoints/authenticate.js'
import { readInput } from '../endpoints/request-body.js'
import { beginRun } from '../endpoints/run-begin.js'
import type { ServerContext } from '../endpoints/server-context.js'
import type { CompleteResponse } from '../http/adapter.js'
import type { LocalCaller, LocalRequest } from '../http/local-request.js'
import { toPublicError } from '../http/public-error.js'
import { randomName } from '../runtime/random.js'
import { sha256 } from '../runtime/sha256.js'
import { callOf, receivedError } from './call.js'
import { type BegunRun, LocalRun } from './local-run.js'

/** The length of the id of a run, in characters: 130 bits. */
const idLength = 22

/** Calls a stream, and reads its run. */
export function callStream(
  server: ServerContext,
  stream: StreamImplementation,
  input: unknown,
  caller: LocalCaller,
  requireOpen: () => void,
): LocalRun {
  const { compiled } = stream
  const id = randomName(idLength)
  const signal = caller.signal ?? new AbortController().signal
  const begin = async () => {
    requireOpen()
    const request = callOf(compiled, input, caller)
    return begunRun(server, stream, request, id)
  }
  return new LocalRun({
    id,
    compiled,
    signal,
    begun: begin().catch((error: unknown) => {
      const report = (unexpected: unknown) => server.options.onError(unexpected, { place: compiled.path })
      throw receivedError(compiled, toProblem(toPublicError(error, compiled, report)))
    }),
    cancel: () => server.runs.cancel(id),
  })
}

/** Begins a run as the endpoint does for a client. */
async function begunRun(
  server: ServerContext,
  stream: StreamImplementation,
  request: LocalRequest,
  id: string,
): Promise<BegunRun> {
  const { compiled } = stream
  const { options, runs } = server
  const { tracing, maxBodyBytes } = options
  const { context, body } = await authenticateAndRead(server, request, () =>
    readInput(compiled, request, maxBodyBytes),
  )
  const identity = identityOf(server, request, context, runKey(compiled.path, id))
  const fingerprint = await sha256(JSON.stringify(body.json) ?? '')
  const call = { stream, input: body.input, context, request }
  const start = () =>
    runs.start({ stream, id, starter: identity, fingerprint }, (create) => beginRun(server, call, create))
  if (tracing) await traced(start)
  else await start()
  const ref = server.runRequest(stream, id)
  await ref.logs.prepare(ref, identity)
  return { topic: ref.logs.getOrCreate(ref, identity), holder: identity }

  async function traced(run: () => Promise<unknown>) {
    await tracing?.handle(request, compiled, async () => {
      await run()
      return accepted
    })
  }
}

const accepted: CompleteResponse = { kind: 'complete', status: 202, headers: {}, body: '' }
