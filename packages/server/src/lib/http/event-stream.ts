import { eventStreamContentType } from '@tidings/core/wire'
import { commonHeaders, type Sink, type SinkListener, type StreamResponse } from './adapter.js'

/** The headers of an event stream. */
export const eventStreamHeaders = {
  'Content-Type': eventStreamContentType,
  // `no-transform` (RFC 9111 section 5.2.2.6) keeps compressing middleware from buffering events. `private`
  // keeps a shared cache that collapses equal requests from giving one user another's stream. Not `no-store`,
  // which keeps a page out of Chromium's back-forward cache.
  'Cache-Control': 'private, no-cache, no-transform',
  ...commonHeaders,
  // nginx buffers a response without it.
  'X-Accel-Buffering': 'no',
}

/** Returns an event stream, with headers that keep proxies and middleware from buffering it. */
export function eventStream(open: (sink: Sink) => SinkListener, drop: () => void = () => {}): StreamResponse {
  return { kind: 'stream', headers: eventStreamHeaders, open, drop }
}
