import { TidingsError } from '@tidings/core'
import type { CompleteResponse } from '../http/adapter.js'
import { utf8Length } from '../runtime/utf8.js'

/** The longest body that is stored for retries, in bytes. */
const maxStoredBytes = 64 * 1024

/** The stored outcome of a request with an idempotency key. */
export interface StoredResponse {
  /** A hash of the request's body. */
  readonly fingerprint: string
  /** Missing if it was too long to be stored. */
  readonly response?: CompleteResponse | undefined
  /** The length of the response's body. */
  readonly bytes: number
}

export function toStored(fingerprint: string, response: CompleteResponse): StoredResponse {
  const bytes = utf8Length(response.body)
  return bytes <= maxStoredBytes ? { fingerprint, response, bytes } : { fingerprint, bytes }
}

/**
 * Returns the response for a retry.
 *
 * @throws TidingsError `conflict` if the request differs, or its response was too long to be stored
 */
export function replay(stored: StoredResponse, fingerprint: string): CompleteResponse {
  requireSameRequest(stored.fingerprint, fingerprint)
  if (stored.response) return stored.response
  const message = `The command has run, but its response of ${stored.bytes} bytes was not kept for retries: the limit is ${maxStoredBytes} bytes`
  throw new TidingsError({ code: 'conflict', message })
}

/** @throws TidingsError `conflict` if the fingerprints differ */
export function requireSameRequest(first: string, retry: string): void {
  if (first === retry) return
  const message = 'This idempotency key was used for another request. Use a new key for each request'
  throw new TidingsError({ code: 'conflict', message })
}
