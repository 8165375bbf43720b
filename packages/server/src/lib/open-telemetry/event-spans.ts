import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { EventTrace, Tracing } from '../tracing.js'
import { channelOf, messagingAttributes } from './attributes.js'
import { endFailed, isRefusal } from './failures.js'

/** The event's name in the contract, which the conventions have no attribute for. */
const eventName = 'tidings.event'
/** The number of subscribers that an event was written to. */
const subscribers = 'tidings.subscribers'
/** The code of the error that refused a subscription. */
const refusal = 'tidings.refusal'

type EventSpans = Pick<Tracing, 'emit' | 'deliver' | 'subscribe' | 'encode' | 'decode'>

/**
 * Creates the spans of messaging: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 *
 * An event that is emitted in a sampled trace carries the context of its emit. Its delivery is a child of that, on each
 * node with subscribers, and has a link to it as the conventions require of a consumer. See decision 014.
 */
export function eventSpans(tracer: Tracer, hasDeliveries: boolean): EventSpans {
  return {
    emit(topicKey, event, publish) {
      const attributes = messagingAttributes('emit', topicKey)
      attributes[eventName] = event
      const span = tracer.startSpan(`emit ${channelOf(topicKey)}`, { kind: SpanKind.PRODUCER, attributes })
      const carried = hasDeliveries && isSampled(span.spanContext()) ? span.spanContext() : undefined
      const published = context.with(trace.setSpan(context.active(), span), () => publish(carried))
      published.then(
        () => span.end(),
        (error) => endFailed(span, error),
      )
      return published
    },

    deliver(events) {
      const spans: Span[] = []
      for (const { topic, id, trace: given } of events) {
        if (topic.readers.size === 0) continue
        const emitted = given as SpanContext
        const attributes = messagingAttributes('deliver', topic.key)
        attributes['messaging.message.id'] = id
        attributes[subscribers] = topic.readers.size
        const options = { kind: SpanKind.CONSUMER, attributes, links: [{ context: emitted }] }
        const parent = trace.setSpanContext(ROOT_CONTEXT, emitted)
        spans.push(tracer.startSpan(`deliver ${channelOf(topic.key)}`, options, parent))
      }
      return () => {
        for (const span of spans) span.end()
      }
    },

    async subscribe(topicKey, subscribe) {
      const attributes = messagingAttributes('subscribe', topicKey)
      const span = tracer.startSpan(`subscribe ${channelOf(topicKey)}`, { attributes })
      try {
        const result = await context.with(trace.setSpan(context.active(), span), subscribe)
        span.end()
        return result
      } catch (error) {
        if (isRefusal(error)) span.setAttribute(refusal, error.code).end()
        else endFailed(span, error)
        throw error
      }
    },

    encode(given) {
      const carrier: Record<string, string> = {}
      // Without baggage, which is for the processing of the request that emits.
      propagation.inject(trace.setSpanContext(ROOT_CONTEXT, given as SpanContext), carrier)
      return Object.keys(carrier).length > 0 ? JSON.stringify(carrier) : undefined
    },

    decode(text): EventTrace | undefined {
      const decoded = hasDeliveries ? trace.getSpanContext(extract(text)) : undefined
      return decoded && isSampled(decoded) ? decoded : undefined
    },
  }
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0
}

/** Extracts a context from a text of the bus, on which a program of another version may have written it. */
function extract(text: string) {
  try {
    return propagation.extract(ROOT_CONTEXT, JSON.parse(text))
  } catch {
    return ROOT_CONTEXT
  }
}
