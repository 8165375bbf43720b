import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { until } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'
import { expressHandler } from '../../src/express.js'
import { createServer, type Handlers, type ServerOptions } from '../../src/index.js'
import { type TracingOptions, tracing } from '../../src/tracing.js'
import { contract } from '../contract.js'
import { mount } from '../harness.js'

// As `NodeSDK` does.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(
  new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
)

/** A provider whose ended spans can be read, in plain words. */
export function recordSpans(sampler?: Sampler) {
  const exporter = new InMemorySpanExporter()
  const spanProcessors = [new SimpleSpanProcessor(exporter)]
  const tracerProvider = new BasicTracerProvider({ spanProcessors, ...(sampler && { sampler }) })
  const tracer = tracerProvider.getTracer('test')
  const ended = () => exporter.getFinishedSpans()
  const named = (name: string) => ended().filter((span) => span.name === name)
  return {
    tracerProvider,
    tracer,
    ended,
    named,
    /** Waits for a number of spans with a name, and returns the last. */
    async span(name: string, count = 1): Promise<ReadableSpan> {
      await until(() => named(name).length >= count, `${count} spans "${name}" had ended`)
      return named(name)[count - 1] as ReadableSpan
    },
    /** Runs a function in a span, and ends it. */
    inSpan<Result>(name: string, run: (span: Span) => Promise<Result>): Promise<Result> {
      return tracer.startActiveSpan(name, (span) => run(span).finally(() => span.end()))
    },
    /** Creates a span as a library does that a handler calls. */
    mark: (name: string) => tracer.startSpan(name).end(),
  }
}

export type Spans = ReturnType<typeof recordSpans>

type HandlersOf = Handlers<typeof contract, string>

/** Starts a server that is traced. */
export async function startTraced(
  spans: Spans,
  own: Partial<HandlersOf> = {},
  { options, traced }: { options?: Partial<ServerOptions<string>>; traced?: TracingOptions } = {},
) {
  const errors: unknown[] = []
  const tidings = createServer(
    contract,
    {
      tracing: tracing({ tracerProvider: spans.tracerProvider, ...traced }),
      context: ({ headers }) => headers.get('x-user') ?? '',
      onError: (error) => errors.push(error),
      ...options,
    },
    {
      room: { snapshot: () => ({ messages: ['old'] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
      ...own,
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors, url: await mount(expressHandler(tidings)) }
}

/** Returns what a test compares of a span. */
export function shown(span: ReadableSpan | undefined) {
  if (!span) return undefined
  const { name, kind, status, attributes } = span
  return { name, kind: SpanKind[kind], status: SpanStatusCode[status.code], attributes }
}

/** Returns the id of a span's parent. */
export function parentOf(span: ReadableSpan | undefined): string | undefined {
  return span?.parentSpanContext?.spanId
}

/** Returns the id of a span. */
export function idOf(span: ReadableSpan | undefined): string | undefined {
  return span?.spanContext().spanId
}

/** Returns the header with which a client continues a span. */
export function traceparent(span: Span): { traceparent: string } {
  const carrier: Record<string, string> = {}
  propagation.inject(trace.setSpan(context.active(), span), carrier)
  return carrier as { traceparent: string }
}
