import { eventStreamContentType } from '@tidings/core/wire'
import { commonHeaders, type Sink, type SinkListener, type StreamResponse } from './adapter.js'

/** The headers of an event stream. */
export const eventStreamHeaders = {
  'Content-Type': eventStreamContentType,
  // `no-transform` (RFC 9111 section 5.2.2.6) is what keeps compressing middleware from holding events back. `private`
  // keeps a shared cache that collapses equal requests from joining one user to another's stream. Not `no-store`,
  // which is among Chromium's reasons to keep a page out of its back-forward cache.
  'Cache-Control': 'private, no-cache, no-transform',
  ...commonHeaders,
  // nginx buffers an answer unless it is told not to.
  'X-Accel-Buffering': 'no',
}

/** An answer that is an event stream, with the headers that keep it one on its way through proxies and middleware. */
export function eventStream(open: (sink: Sink) => SinkListener, drop: () => void = () => {}): StreamResponse {
  return { kind: 'stream', headers: eventStreamHeaders, open, drop }
}
