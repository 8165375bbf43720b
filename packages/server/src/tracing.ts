import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapSetter,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { TidingsRequest } from './lib/http/adapter.js'
import { schemaUrl } from './lib/open-telemetry/attributes.js'
import { callSpans } from './lib/open-telemetry/call-spans.js'
import { eventSpans } from './lib/open-telemetry/event-spans.js'
import type { Tracing } from './lib/tracing.js'
import { requireKnownKeys } from './lib/validate-options.js'

export type { EventTrace, TracedEvent, Tracing } from './lib/tracing.js'

/** The options of {@link tracing}. */
export interface TracingOptions {
  /** The tracer that creates the spans. Defaults to the one named `tidings` of `tracerProvider`. */
  tracer?: Tracer
  /** The provider of the tracer. Defaults to the global provider. */
  tracerProvider?: TracerProvider
  /**
   * Whether an event has a span for its delivery on each node with subscribers. Without it, events carry no context.
   *
   * Defaults to true.
   */
  deliveries?: boolean
  /**
   * Whether a request continues the trace that its headers name, if there is no span for the request yet. Set it to
   * false if clients must not choose which of their requests are sampled. An instrumentation of HTTP in front decides
   * for itself.
   *
   * Defaults to true.
   */
  continueClientTraces?: boolean
}

/**
 * Returns the option `tracing` of a server or an emitter, which then creates spans with OpenTelemetry.
 *
 * | span             | kind     | covers
 * | ---------------- | -------- | ---------------------------------------------------------------------------
 * | `send`           | server   | a command, or a whole stream; RPC conventions, with `rpc.method`
 * | `subscribe room` | internal | authorising a subscription, and preparing its topic
 * | `emit room`      | producer | an emit, until the bus or the log has the event; messaging conventions
 * | `deliver room`   | consumer | writing an event to the subscribers of one node, however many there are
 *
 * Names contain paths of the contract, and no params. The SDK must have a context manager and a propagator, which
 * `NodeSDK` registers.
 *
 * @throws TidingsError `invalid_options` for an unknown option
 */
export function tracing(options: TracingOptions = {}): Tracing {
  const known = ['tracer', 'tracerProvider', 'deliveries', 'continueClientTraces']
  requireKnownKeys('options', options, known, 'tracing')
  const { tracerProvider = trace, deliveries = true, continueClientTraces = true } = options
  const tracer = options.tracer ?? tracerProvider.getTracer('tidings', undefined, { schemaUrl })
  const parentOf = (request: TidingsRequest): Context => {
    const active = context.active()
    // An instrumentation of HTTP has extracted the context already.
    if (trace.getSpan(active) || !continueClientTraces) return active
    return propagation.extract(active, request.headers, getter)
  }
  return {
    ...callSpans(tracer, parentOf),
    ...eventSpans(tracer, deliveries),
    detach: (run) => context.with(ROOT_CONTEXT, run),
    forward(headers) {
      const forwarded = new Headers(headers)
      propagation.inject(context.active(), forwarded, setter)
      return forwarded
    },
  }
}

const getter: TextMapGetter<Headers> = {
  keys: (headers) => [...headers.keys()],
  get: (headers, name) => headers.get(name) ?? undefined,
}

const setter: TextMapSetter<Headers> = { set: (headers, name, value) => headers.set(name, value) }
