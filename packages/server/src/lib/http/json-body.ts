import { TidingsError } from '@tidings/core'

/**
 * Parses a JSON body.
 *
 * @throws TidingsError `bad_request` for broken UTF-8 or JSON
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const message = `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new TidingsError({ code: 'bad_request', message, cause })
  }
}

/** Returns the refusal of a body that is longer than the limit. */
export function bodyTooLarge(maxBytes: number): TidingsError {
  const message = `The body exceeds the limit of ${maxBytes} bytes. Send a shorter one`
  return new TidingsError({ code: 'payload_too_large', message })
}
