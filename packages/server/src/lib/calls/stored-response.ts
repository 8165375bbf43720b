import { TidingsError } from '@tidings/core'
import type { CompleteResponse } from '../http/adapter.js'

/** How long an answer may be, in bytes, to be kept for a retry. */
export const maxStoredBytes = 64 * 1024

/** What is kept of a request that has an idempotency key, once it has run. */
export interface StoredResponse {
  /** Tells whether it is the same request. */
  readonly fingerprint: string
  /** Missing where it was too long to be kept. */
  readonly response?: CompleteResponse | undefined
  /** How long the answer's body is. */
  readonly bytes: number
}

export function toStored(fingerprint: string, answer: CompleteResponse): StoredResponse {
  const bytes = Buffer.byteLength(answer.body)
  return bytes <= maxStoredBytes ? { fingerprint, response: answer, bytes } : { fingerprint, bytes }
}

/**
 * The answer for a retry.
 *
 * @throws TidingsError `conflict` for another request, and for an answer that was too long to be kept
 */
export function replay(kept: StoredResponse, fingerprint: string): CompleteResponse {
  requireSameRequest(kept.fingerprint, fingerprint)
  if (kept.response) return kept.response
  const message = `The command has run, but its answer of ${kept.bytes} bytes was not kept for retries: the limit is ${maxStoredBytes} bytes`
  throw new TidingsError({ code: 'conflict', message })
}

/** @throws TidingsError `conflict` for a key that another request has had */
export function requireSameRequest(given: string, fingerprint: string): void {
  if (given === fingerprint) return
  const message = 'This idempotency key was used for another request. Use a new key for each request'
  throw new TidingsError({ code: 'conflict', message })
}
