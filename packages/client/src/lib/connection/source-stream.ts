import type { SignalName } from '@tidings/core/wire'
import type { EventSourceConstructor } from '../options/client-options.js'
import { invalidOptions } from '../options/invalid-options.js'
import type { OpenEventStream } from './event-stream.js'

/** The signals of a shared connection that have no id. */
const signals: readonly string[] = [
  '$open',
  '$subscribed',
  '$gap',
  '$heartbeat',
  '$reauthorize',
  '$error',
] satisfies readonly SignalName[]

/** Returns what opens an event stream with an EventSource, which is closed at its first error: see decision 004. */
export function sourceStream(EventSource: EventSourceConstructor): OpenEventStream {
  return ({ url, credentials }, eventNames, { onEvents, onLost }) => {
    const source = new EventSource(url, { withCredentials: credentials === 'include' })
    for (const name of [...signals, '$snapshot', '$output', ...eventNames]) {
      source.addEventListener(name, ({ data, lastEventId: id }) => {
        if (id || signals.includes(name)) onEvents([{ name, data, id }])
        // As on workerd. Only the id tells to which topic an event belongs.
        else onLost(invalidOptions("events of this EventSource have no id. Use '@tidings/client' without it"))
      })
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
