import type { ContractDocument } from '@tidings/core/describe'
import { mediaTypeOf } from '../connection/failures.js'
import type { WatchedConnection } from '../options/drift-watcher.js'

/** Reads the server's description of its contract. Returns undefined if the server refuses it or does not answer. */
export async function readDescription({ options }: WatchedConnection): Promise<ContractDocument | undefined> {
  const { url, credentials, timeoutMs } = options
  const closing = new AbortController()
  const timer = setTimeout(() => closing.abort(), timeoutMs)
  try {
    const response = await options.fetch(`${url}/$contract`, {
      headers: await options.headers(),
      credentials,
      // A followed redirect may send the headers to another origin.
      redirect: 'manual',
      signal: closing.signal,
    })
    if (response.ok && mediaTypeOf(response) === 'application/json') {
      const document: unknown = JSON.parse(await textOf(response))
      return isDescription(document) ? document : undefined
    }
    // An unread body would occupy its connection.
    await response.body?.cancel()
    return undefined
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** Characters that a description may have. Those of the largest contracts have some hundred thousand. */
const maxLength = 8 * 1024 * 1024

async function textOf(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (!reader) return response.text()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return text + decoder.decode()
    text += decoder.decode(value, { stream: true })
    if (text.length > maxLength) {
      await reader.cancel()
      throw new Error('The description is too long')
    }
  }
}

function isDescription(value: unknown): value is ContractDocument {
  if (typeof value !== 'object' || value === null) return false
  const { tidings, hash, procedures } = value as Partial<Record<keyof ContractDocument, unknown>>
  return tidings === 1 && typeof hash === 'string' && typeof procedures === 'object' && procedures !== null
}
