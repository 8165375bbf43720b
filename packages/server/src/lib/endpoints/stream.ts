import { isTidingsError } from '@tidings/core'
import type { StreamImplementation } from '../bind-handlers.js'
import { StreamWriter } from '../calls/stream-writer.js'
import type { StreamResponse, TidingsRequest } from '../http/adapter.js'
import { eventStream } from '../http/event-stream.js'
import { toPublicError } from '../http/public-error.js'
import { authenticateAndRead } from './authenticate.js'
import { fail, readInput } from './request-body.js'
import type { ServerContext } from './server-context.js'

/**
 * Answers `POST /events/complete`: the stream's events, then `$output` or `$error`, then the end.
 *
 * The handler is not called before the input is known to fit, so that a refusal is a problem document.
 */
export async function handleStream(
  site: ServerContext,
  stream: StreamImplementation,
  request: TidingsRequest,
): Promise<StreamResponse> {
  const { compiled, handler } = stream
  const { context, body } = await authenticateAndRead(site, request, () =>
    readInput(compiled, request, site.options.maxBodyBytes),
  )
  const { input } = body
  return eventStream((sink) => {
    const writer = new StreamWriter(compiled, sink, site)
    site.calls
      .run([request.signal, writer.overflowed], async (signal) => {
        const closing = () => {
          if (isTidingsError(signal.reason)) writer.fail(signal.reason, signal.reason)
        }
        signal.addEventListener('abort', closing, { once: true })
        const emit = writer.emitters()
        const { emit: broadcast } = site
        writer.finish(await outputOf(handler({ input, context, emit, broadcast, fail, signal }), writer))
      })
      .catch((error: unknown) => {
        // A run whose client has left has nobody to fail to; what it throws is mostly that it was left.
        if (writer.isOver) return
        const report = (unexpected: unknown) => site.options.onError(unexpected, { place: compiled.path })
        writer.fail(toPublicError(error, compiled, report))
      })
    return writer
  })
}

/** Waits for a handler's output, whichever of its two forms it has, and writes what it yields on the way. */
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
      // At its own `yield`, so that the generator can clean up, or go on with something that fits.
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
