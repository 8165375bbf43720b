import { isTidingsError, type TidingsError } from '@tidings/core'
import { eventStreamContentType } from '@tidings/core/wire'
import { EventSource } from 'eventsource'
import type { EventSourceLike, OpenEventSource } from '../options.js'
import { boundedReader } from './bounded-reader.js'
import { mediaTypeOf, readRefusal, requestFailure } from './failures.js'

/** Opens an EventSource over the client's `fetch`, which sends headers and sees why it was refused. */
export const openFetchEventSource: OpenEventSource = (options, failed) => {
  const { url, credentials } = options
  return new EventSource(url, {
    withCredentials: credentials === 'include',
    fetch: async (target, init) => {
      try {
        const headers = await options.headers()
        for (const [name, value] of Object.entries(init.headers)) headers.set(name, value)
        const { signal, mode, cache } = init
        const request: RequestInit = { headers, credentials, signal, mode, cache, redirect: 'manual' }
        const response = await options.fetch(String(target), request)
        const isStream = response.status === 200 && mediaTypeOf(response) === eventStreamContentType
        if (!isStream || !response.body) throw await readRefusal(response)
        return streamOf(response.url, response.body, failed)
      } catch (cause) {
        const problem = requestFailure(cause, `The request to ${url}`, undefined)
        failed(problem)
        // Not the cause: after an AbortError the EventSource dispatches no error, as if it had been closed.
        throw problem
      }
    },
  }) as EventSourceLike
}

/** Returns a response for the eventsource package, whose check of media types is case-sensitive. */
function streamOf(url: string, body: ReadableStream<Uint8Array>, failed: (problem: TidingsError) => void) {
  const reader = boundedReader(body)
  const read = () =>
    reader.read().catch((cause: unknown) => {
      if (isTidingsError(cause)) failed(cause)
      throw cause
    })
  return {
    url,
    status: 200,
    redirected: false,
    headers: { get: () => eventStreamContentType },
    body: { getReader: () => ({ read, cancel: () => body.cancel() }) },
  }
}
