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
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import type { Tracing } from '../tracing.js'
import { rpcAttributes } from './attributes.js'
import { recordFailure } from './failures.js'

/** A call of a command or stream, with its span. */
interface Call {
  readonly procedure: CompiledCommand | CompiledStream
  readonly span: Span
  /** Whether it lasts longer than its response: it has begun a run. */
  isRun: boolean
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

function currentCall(): Call | undefined {
  return context.active().getValue(callKey) as Call | undefined
}

/**
 * Creates the spans of commands and streams: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
 *
 * @param parentOf returns the context that a request belongs to
 */
export function callSpans(
  tracer: Tracer,
  parentOf: (request: TidingsRequest) => Context,
): Pick<Tracing, 'handle' | 'beginRun' | 'recordError'> {
  return {
    async handle(request, procedure, respond) {
      const parent = parentOf(request)
      if (!procedure || procedure.kind === 'channel' || request.method !== 'POST') {
        const response = await context.with(parent, respond)
        if (response.kind === 'complete') return response
        return { ...response, open: context.bind(parent, response.open) }
      }
      const { path } = procedure
      const options = { kind: SpanKind.SERVER, attributes: rpcAttributes(path) }
      const span = tracer.startSpan(path, options, parent)
      const call: Call = { procedure, span, isRun: false, isFailureRecorded: false }
      const active = trace.setSpan(parent, span).setValue(callKey, call)
      const response = await context.with(active, respond)
      // A request that reads a run, or joins one, is over when it is answered.
      if (!call.isRun) end(call, response.kind === 'complete' ? outcomeOf(response, request) : {})
      return response
    },

    beginRun() {
      const call = currentCall()
      if (!call) return () => {}
      call.isRun = true
      return (failure) => end(call, failure ?? {})
    },

    recordError(error, place) {
      const call = currentCall()
      // An emit of the handler reports its own errors, with the key of a topic as their place.
      if (call?.procedure.path !== place) return
      call.isFailureRecorded = true
      recordFailure(call.span, error)
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
