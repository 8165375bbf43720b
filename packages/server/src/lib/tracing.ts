import type { TidingsError } from '@tidings/core'
import type { CompiledProcedure } from '@tidings/core/wire'
import type { TidingsRequest, TidingsResponse } from './http/adapter.js'

/** The trace of an emit, which its event carries to its delivery. Only {@link Tracing} reads it. */
export type EventTrace = object

/** An event that carries the trace of its emit, as it is written to its subscribers. */
export interface TracedEvent {
  readonly topic: { readonly key: string; readonly readers: { readonly size: number } }
  /** The id of the event's frame. */
  readonly id: string
  readonly trace: EventTrace
}

/**
 * Traces what a server does. Made by `tracing` of `@tidings/server/tracing`; its methods may change in any release.
 */
export interface Tracing {
  /** Handles a request in the trace that it belongs to. A call of a command or stream has a span. */
  handle(
    request: TidingsRequest,
    procedure: CompiledProcedure | undefined,
    respond: () => Promise<TidingsResponse>,
  ): Promise<TidingsResponse>
  /**
   * Has the span of the current call last until the returned function is called, with the public error of the run
   * if it failed.
   */
  beginRun(): (failure?: TidingsError) => void
  /** Records an unexpected error on the span of the call that it failed. */
  recordError(error: unknown, place: string): void
  /** Subscribes to a topic in a span. */
  subscribe<Result>(topicKey: string, subscribe: () => Promise<Result>): Promise<Result>
  /** Publishes an event in a span. `publish` receives the trace that the event has to carry, if any. */
  emit(
    topicKey: string,
    event: string,
    publish: (trace: EventTrace | undefined) => Promise<void>,
  ): Promise<void>
  /** Begins the spans of a delivery. Returns a function that ends them. */
  deliver(events: readonly TracedEvent[]): () => void
  /** Encodes a trace as a text without line breaks. Returns undefined without a format for it. */
  encode(trace: EventTrace): string | undefined
  /** Decodes a trace from the bus. Returns undefined if it cannot be read, or needs no spans. */
  decode(text: string): EventTrace | undefined
  /** Runs work that serves no single request, such as a source, outside of the current trace. */
  detach<Result>(run: () => Result): Result
  /** Returns headers with which a request that is forwarded to another node continues the current trace. */
  forward(headers: Headers): Headers
}
