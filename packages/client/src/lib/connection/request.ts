import { TidingsError } from '@tidings/core'
import { linkedAbort, unlessAborted } from '../linked-abort.js'
import type { RequestOptions } from '../options/request-options.js'
import { abortError, readRefusal, requestFailure } from './failures.js'

/** Options of a request. */
export interface RequestInfo {
  readonly signal: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds until the request fails with `timeout`. */
  readonly timeoutMs: number
  /** The time that the message of a timeout names, of which `timeoutMs` is left. */
  readonly ofMs?: number
}

/**
 * Posts JSON to a path below the mount, and reads the whole response.
 *
 * @param body undefined for a request without a body
 * @throws TidingsError if the request failed, was refused, or took too long
 */
export async function postJson(
  options: RequestOptions,
  path: string,
  body: unknown,
  { signal: given, headers: own = {}, timeoutMs, ofMs = timeoutMs }: RequestInfo,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = `${options.url}/${path}`
  const { signal, abort, unlink } = linkedAbort(given)
  const timer = setTimeout(() => {
    abort(new TidingsError({ code: 'timeout', message: `${url} did not answer within ${ofMs} ms` }))
  }, timeoutMs)
  try {
    if (signal.aborted) throw abortError(signal)
    const headers = await unlessAborted(options.headers(), signal)
    headers.set('Content-Type', 'application/json')
    for (const [name, value] of Object.entries(own)) headers.set(name, value)
    const response = await options.fetch(url, {
      method: 'POST',
      headers,
      // A followed redirect may turn the request into a GET, or send the headers to another origin.
      redirect: 'manual',
      credentials: options.credentials,
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw await readRefusal(response)
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    throw requestFailure(cause, `The request to ${url}`, signal)
  } finally {
    clearTimeout(timer)
    unlink()
  }
}
