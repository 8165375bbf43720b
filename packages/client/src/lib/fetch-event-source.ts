import { eventStreamContentType } from '@tidings/core/wire'
import { EventSource } from 'eventsource'
import { readRefusal, requestFailure } from './answer.js'
import type { EventSourceLike, OpenEventSource } from './options.js'

/** Opens an EventSource over the client's own `fetch`, which sends its headers and sees why it was refused. */
export const openFetchEventSource: OpenEventSource = (options, failed) => {
  const { url, credentials } = options
  return new EventSource(url, {
    withCredentials: credentials === 'include',
    fetch: async (target, init) => {
      try {
        const headers = await options.headers()
        for (const [name, value] of Object.entries(init.headers)) headers.set(name, value)
        const { signal, mode, cache, redirect } = init
        const request: RequestInit = { headers, credentials, signal, mode, cache, redirect }
        const response = await options.fetch(String(target), request)
        const contentType = response.headers.get('content-type') ?? ''
        if (response.status !== 200 || !contentType.startsWith(eventStreamContentType)) {
          failed(await readRefusal(response))
        }
        return response
      } catch (cause) {
        const problem = requestFailure(cause, `The request to ${url}`, undefined)
        failed(problem)
        // Not the cause itself: an AbortError would make the EventSource believe that it was closed, and stay silent.
        throw problem
      }
    },
  }) as EventSourceLike
}
