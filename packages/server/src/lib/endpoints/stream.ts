import { isTidingsError, TidingsError } from '@tidings/core'
import type { StreamImplementation } from '../bind-handlers.js'
import { StreamGate } from '../calls/stream-gate.js'
import { clientLeft, StreamWriter } from '../calls/stream-writer.js'
import type { Sink, StreamResponse, TidingsRequest } from '../http/adapter.js'
import { eventStream } from '../http/event-stream.js'
import { toPublicError } from '../http/public-error.js'
import { authenticateAndRead } from './authenticate.js'
import { fail, readInput } from './request-body.js'
import type { ServerContext } from './server-context.js'

/**
 * Handles `POST /events/complete`: writes the stream's events, then `$output` or `$error`, then the end.
 *
 * The input is validated before the stream opens, so that a refusal is a problem document.
 */
export async function handleStream(
  server: ServerContext,
  stream: StreamImplementation,
  request: TidingsRequest,
): Promise<StreamResponse> {
  const { compiled, handler, runBehind } = stream
  const { context, body } = await authenticateAndRead(server, request, () =>
    readInput(compiled, request, server.options.maxBodyBytes),
  )
  const { input } = body
  const gate = runBehind && new StreamGate(runBehind, { context, input, left: request.signal }, request)
  await gate?.passed()
  const open = (sink: Sink) => {
    const writer = new StreamWriter(compiled, sink, server)
    const run = server.calls
      .run([request.signal, writer.overflowed], async (signal) => {
        const closing = () => {
          if (isTidingsError(signal.reason)) writer.fail(signal.reason, signal.reason)
        }
        signal.addEventListener('abort', closing, { once: true })
        const emit = writer.emitters()
        const { emit: broadcast } = server
        const runHandler = async (narrowed: unknown) => {
          if (writer.hasBegun) throw cannotRetry(compiled.path)
          return outputOf(handler({ input, context: narrowed, emit, broadcast, fail, signal }), writer)
        }
        writer.finish(await (gate ? gate.open(runHandler, signal) : runHandler(context)))
      })
      .catch((error: unknown) => {
        gate?.drop(error)
        // The client has left or the stream has ended: the error is mostly a consequence of that.
        if (writer.isOver) return
        const report = (unexpected: unknown) => server.options.onError(unexpected, { place: compiled.path })
        writer.fail(toPublicError(error, compiled, report))
      })
    request.waitUntil?.(run)
    return writer
  }
  return eventStream(open, () => gate?.drop(clientLeft()))
}

/** Returns the error of a middleware that calls `next` again after the first run has sent events to the client. */
function cannotRetry(path: string): TidingsError {
  const message = `A middleware retried "${path}" after it had sent events, which the client would receive twice. Retry a stream only before its first event`
  return new TidingsError({ code: 'internal', message })
}

/** Returns the output of a handler, which may be a generator; writes the events that a generator yields. */
async function outputOf(handled: unknown, writer: StreamWriter): Promise<unknown> {
  if (!isGenerator(handled)) return handled
  let step = await handled.next()
  while (!step.done) {
    if (writer.isOver) {
      await handled.return(undefined)
      return undefined
    }
    try {
      await writer.event(step.value.type, step.value.data)
    } catch (error) {
      if (writer.isOver) continue
      // Thrown at its `yield`, so that the generator can clean up, or yield something that fits.
      step = await handled.throw(error)
      continue
    }
    step = await handled.next()
  }
  return step.value
}

interface Yielded {
  readonly type?: unknown
  readonly data?: unknown
}

function isGenerator(value: unknown): value is AsyncGenerator<Yielded, unknown, void> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'throw' in value
}
