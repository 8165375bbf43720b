import type { SignalName } from '@tidings/core/wire'
import type { EventSourceConstructor } from '../options/client-options.js'
import type { OpenEventStream } from './event-stream.js'

/** The signals of a shared connection. */
const signals: readonly SignalName[] = [
  '$open',
  '$subscribed',
  '$snapshot',
  '$gap',
  '$heartbeat',
  '$reauthorize',
  '$output',
  '$error',
]

/** Returns what opens an event stream with an EventSource, which is closed at its first error: see decision 004. */
export function sourceStream(EventSource: EventSourceConstructor): OpenEventStream {
  return ({ url, credentials }, eventNames, { onEvents, onLost }) => {
    const source = new EventSource(url, { withCredentials: credentials === 'include' })
    for (const name of [...signals, ...eventNames]) {
      source.addEventListener(name, ({ data, lastEventId }) => onEvents([{ name, data, id: lastEventId }]))
    }
    source.addEventListener('error', () => onLost())
    return () => {
      source.close()
      // The eventsource package sets its own timer to reconnect after it has dispatched an error, even if it
      // was closed by then.
      queueMicrotask(() => source.close())
    }
  }
}
