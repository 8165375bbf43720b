import {
  type Context,
  context,
  createContextKey,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { CompiledCommand, CompiledStream } from '@tidings/core/wire'
import type { CompleteResponse, SinkListener, StreamResponse, TidingsRequest } from '../http/adapter.js'
import type { Tracing } from '../tracing.js'
import { rpcAttributes } from './attributes.js'
import { recordFailure } from './failures.js'

/** A call of a command or stream, with its span. */
interface Call {
  readonly procedure: CompiledCommand | CompiledStream
  readonly span: Span
  /** Whether the error that it failed with is recorded. */
  isFailureRecorded: boolean
}

/** How a call ended: with a problem's code and status, or with neither. */
interface Outcome {
  readonly code?: string
  readonly status?: number
}

const callKey = createContextKey('The call of a command or stream')

/** The code of a call whose caller left before it was complete. */
const aborted: Outcome = { code: 'aborted' }

/**
 * Creates the spans of commands and streams: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
 *
 * @param parentOf returns the context that a request belongs to
 */
export function callSpans(
  tracer: Tracer,
  parentOf: (request: TidingsRequest) => Context,
): Pick<Tracing, 'handle' | 'recordError'> {
  return {
    async handle(request, procedure, respond) {
      const parent = parentOf(request)
      if (!procedure || procedure.kind === 'channel') {
        const response = await context.with(parent, respond)
        if (response.kind === 'complete') return response
        return { ...response, open: context.bind(parent, response.open) }
      }
      const { path } = procedure
      const options = { kind: SpanKind.SERVER, attributes: rpcAttributes(path) }
      const span = tracer.startSpan(path, options, parent)
      const call: Call = { procedure, span, isFailureRecorded: false }
      const active = trace.setSpan(parent, span).setValue(callKey, call)
      const response = await context.with(active, respond)
      if (response.kind === 'stream') return tracedStream(response, call, active)
      end(call, outcomeOf(response, request))
      return response
    },

    recordError(error, place) {
      const call = context.active().getValue(callKey) as Call | undefined
      // An emit of the handler reports its own errors, with the key of a topic as their place.
      if (call?.procedure.path !== place) return
      call.isFailureRecorded = true
      recordFailure(call.span, error)
    },
  }
}

/** Runs a stream in the context of its call, and ends the call with the response. */
function tracedStream(response: StreamResponse, call: Call, active: Context): StreamResponse {
  return {
    ...response,
    open(sink): SinkListener {
      const listener = context.with(active, () => response.open(sink))
      return {
        onDrained: () => listener.onDrained(),
        onClosed() {
          listener.onClosed()
          end(call, listener.failure ?? {})
        },
      }
    },
    drop() {
      response.drop()
      end(call, aborted)
    },
  }
}

/** Returns the outcome of a command, or of a stream that was refused. */
function outcomeOf({ status, body }: CompleteResponse, request: TidingsRequest): Outcome {
  if (status < 400) return {}
  // A failure after the client has left is a consequence of that.
  if (status >= 500 && request.signal.aborted) return aborted
  return { code: (JSON.parse(body) as { code: string }).code, status }
}

/** Ends the span of a call. A declared error and a refusal are not failures of the server. */
function end({ procedure, span, isFailureRecorded }: Call, { code, status = 0 }: Outcome): void {
  if (code !== undefined) {
    span.setAttribute('rpc.status_code', code)
    if (status >= 500 && !procedure.errors.has(code)) {
      span.setAttribute('error.type', code)
      if (!isFailureRecorded) span.setStatus({ code: SpanStatusCode.ERROR })
    }
  }
  span.end()
}
