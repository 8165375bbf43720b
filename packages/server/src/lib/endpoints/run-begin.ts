import { TidingsError } from '@tidings/core'
import type { StreamImplementation } from '../bind-handlers.js'
import { StreamGate } from '../calls/stream-gate.js'
import type { TidingsRequest } from '../http/adapter.js'
import { toPublicError } from '../http/public-error.js'
import { onAbort } from '../on-abort.js'
import type { Run } from '../runs/run.js'
import { emitOf, outputOf, publicReason } from '../runs/run-handler.js'
import { fail } from './request-body.js'
import type { ServerContext } from './server-context.js'

/** A call of a stream. */
export interface StreamCall {
  readonly stream: StreamImplementation
  readonly input: unknown
  readonly context: unknown
  readonly request: TidingsRequest
}

/**
 * Begins the handler of a run, once the middleware has let the call pass.
 *
 * @param create creates the run
 * @throws what a middleware throws before, and what `create` does
 */
export async function beginRun(
  server: ServerContext,
  { stream, input, context, request }: StreamCall,
  create: () => Promise<Run>,
): Promise<void> {
  const { compiled, handler, runBehind } = stream
  const { calls, emit: broadcast, options } = server
  calls.requireOpen()
  const gate = runBehind && new StreamGate(runBehind, { context, input }, request)
  await gate?.passed()
  const run = await createBehind(gate, create)
  const emit = emitOf(compiled, run)
  const endSpan = options.tracing?.beginRun()
  let handling: Promise<unknown> | undefined
  const runHandler = async (narrowed: unknown, signal: AbortSignal) => {
    if (run.hasBegun) throw cannotRetry(compiled.path)
    const call = { id: run.id, input, context: narrowed, emit, broadcast, fail, signal }
    const output = (async () => outputOf(handler(call), compiled, run))()
    handling = output
    const settled = () => {
      handling = undefined
    }
    output.then(settled, settled)
    return output
  }
  const end = (error: unknown) => {
    gate?.drop(error)
    // Once the run is over, the error is mostly a consequence of that.
    if (run.isOver) return
    const report = (unexpected: unknown) => options.onError(unexpected, { place: compiled.path })
    const shown = toPublicError(error, compiled, report)
    // A middleware may fail the run while the handler goes on.
    if (handling) run.stop(shown)
    else run.fail(shown)
  }
  const done = calls
    .run([run.signal], async (signal) => {
      const unfollow = onAbort(signal, () => {
        const reason = publicReason(signal)
        if (reason) run.fail(reason, reason)
      })
      try {
        const handle = (narrowed: unknown) => runHandler(narrowed, signal)
        const output = await (gate ? gate.open(handle, signal) : handle(context))
        if (!run.isOver) run.finish(compiled.output.encode(output, `the output of ${compiled.path}`))
      } catch (error) {
        end(error)
        await handling?.catch(() => {})
      } finally {
        unfollow()
      }
    })
    // The server has begun to close.
    .catch(end)
    .finally(() => endSpan?.(run.failure))
  request.waitUntil?.(done)
}

async function createBehind(gate: StreamGate | undefined, create: () => Promise<Run>): Promise<Run> {
  try {
    return await create()
  } catch (error) {
    gate?.drop(error)
    throw error
  }
}

/** Returns the error of a middleware that calls `next` again after the first run has emitted events. */
function cannotRetry(path: string): TidingsError {
  const message = `A middleware retried "${path}" after it had sent events, which the client would receive twice. Retry a stream only before its first event`
  return new TidingsError({ code: 'internal', message })
}
