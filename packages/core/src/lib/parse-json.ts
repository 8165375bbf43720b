import { TidingsError } from './error.js'

/**
 * Parses JSON that a server sent.
 *
 * @param what names the text in the message of the error
 * @throws TidingsError `invalid_response` for text that is not JSON
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = `${what} is not JSON: ${cause instanceof Error ? cause.message : cause}`
    throw new TidingsError({ code: 'invalid_response', message, cause })
  }
}
