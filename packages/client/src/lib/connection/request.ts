import { TidingsError } from '@tidings/core'
import { linkedAbort, unlessAborted } from '../linked-abort.js'
import type { RequestOptions } from '../request-options.js'
import { readRefusal, requestFailure } from './failures.js'

/** Options of a request. */
export interface RequestInfo {
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Posts JSON to a path below the mount, and returns the response.
 *
 * @param body undefined for a request without a body
 * @throws TidingsError if the request failed or was refused
 */
export async function post(
  options: RequestOptions,
  path: string,
  body: unknown,
  { signal, headers: own = {} }: RequestInfo,
): Promise<Response> {
  const url = `${options.url}/${path}`
  try {
    signal?.throwIfAborted()
    const headers = await unlessAborted(options.headers(), signal)
    headers.set('Content-Type', 'application/json')
    for (const [name, value] of Object.entries(own)) headers.set(name, value)
    const response = await options.fetch(url, {
      method: 'POST',
      headers,
      // A followed redirect may turn the request into a GET, or send the headers to another origin.
      redirect: 'manual',
      credentials: options.credentials,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
    if (response.ok) return response
    throw await readRefusal(response)
  } catch (cause) {
    throw requestFailure(cause, `The request to ${url}`, signal)
  }
}

/**
 * Posts JSON and reads the whole response.
 *
 * @param info `timeoutMs` is the time left of `ofMs`, which the message of a timeout names
 * @throws TidingsError `timeout` after `timeoutMs`, and as {@link post} does
 */
export async function postJson(
  options: RequestOptions,
  path: string,
  body: unknown,
  { signal: given, ...info }: RequestInfo & { readonly timeoutMs?: number; readonly ofMs?: number },
): Promise<{ readonly status: number; readonly text: string }> {
  const { timeoutMs = options.timeoutMs, ofMs = timeoutMs, ...rest } = info
  const { signal, abort, unlink } = linkedAbort(given)
  const timer = setTimeout(() => {
    const message = `${options.url}/${path} did not answer within ${ofMs} ms`
    abort(new TidingsError({ code: 'timeout', message }))
  }, timeoutMs)
  try {
    const response = await post(options, path, body, { ...rest, signal })
    const text = await response.text().catch((cause: unknown) => {
      throw requestFailure(cause, `The response of ${response.url}`, signal)
    })
    return { status: response.status, text }
  } finally {
    clearTimeout(timer)
    unlink()
  }
}
