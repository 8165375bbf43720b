import { eventStreamContentType } from '@tidings/core/wire'
import { checkReadable, EventReader } from './event-reader.js'
import type { EventStreamOptions, OpenEventStream } from './event-stream.js'
import { mediaTypeOf, readRefusal, requestFailure } from './failures.js'

/** Opens an event stream over the client's `fetch`, which sends headers and sees why it was refused. */
export const openFetchStream: OpenEventStream = (options, _eventNames, { onEvents, onLost }) => {
  const controller = new AbortController()
  let reader: EventReader | undefined
  const read = async () => {
    reader = new EventReader(await request(options, controller.signal))
    await reader.readAll(onEvents)
  }
  read().then(
    () => onLost(),
    (cause: unknown) => {
      const what = reader ? 'connection' : 'request'
      onLost(requestFailure(cause, `The ${what} to ${options.url}`, controller.signal))
    },
  )
  return () => {
    controller.abort()
    // A `fetch` of the user's may ignore the signal.
    reader?.cancel()
  }
}

/** @throws TidingsError if the request failed or was refused */
async function request(options: EventStreamOptions, signal: AbortSignal): Promise<Response> {
  const { url, credentials } = options
  checkReadable(options)
  const headers = await options.headers()
  headers.set('Accept', eventStreamContentType)
  const response = await options.fetch(url, {
    headers,
    credentials,
    signal,
    cache: 'no-store',
    redirect: 'manual',
  })
  if (response.status === 200 && mediaTypeOf(response) === eventStreamContentType) return response
  throw await readRefusal(response)
}
