import { eventStreamContentType } from '@tidings/core/wire'
import type { Sink, SinkListener, StreamAnswer } from '../http/http.js'

/** An answer that is an event stream, with the headers that keep it one on its way through proxies and middleware. */
export function eventStream(open: (sink: Sink) => SinkListener, drop: () => void = () => {}): StreamAnswer {
  return {
    kind: 'stream',
    headers: {
      'Content-Type': eventStreamContentType,
      // `no-transform` (RFC 9111 section 5.2.2.6) is what keeps compressing middleware from holding events back.
      'Cache-Control': 'no-cache, no-transform',
      // nginx buffers an answer unless it is told not to.
      'X-Accel-Buffering': 'no',
    },
    open,
    drop,
  }
}
