import type { TidingsError } from '@tidings/core'
import type { StreamEvent } from './event-parser.js'

/** The request of an event stream. */
export interface EventStreamOptions {
  readonly url: string
  readonly credentials: NonNullable<RequestInit['credentials']>
  /** Whether `fetch` is the user's. */
  readonly hasOwnFetch: boolean
  headers(): Promise<Headers>
  fetch(url: string, init: RequestInit): Promise<Response>
}

export interface EventStreamCallbacks {
  /** Called with events in their order, all that have arrived together. */
  onEvents(events: readonly StreamEvent[]): void
  /** Called once: the stream was refused, has failed or has ended, for the reason in `problem` if it is known. */
  onLost(problem?: TidingsError): void
}

/**
 * Opens the event stream of one connection, and returns a function that closes it. A stream that was closed may
 * still call back.
 *
 * @param eventNames the names of all events that topics may have, since an EventSource dispatches by name
 */
export type OpenEventStream = (
  options: EventStreamOptions,
  eventNames: readonly string[],
  callbacks: EventStreamCallbacks,
) => () => void
