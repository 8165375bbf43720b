import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { commonHeaders } from '../http/adapter.js'
import type { DescriptionPath } from '../http/reserved-paths.js'
import { authenticate } from './authenticate.js'
import type { ServerContext } from './server-context.js'

/**
 * Returns whether the caller may read descriptions of the contract.
 *
 * @throws TidingsError what `context` throws
 */
export async function mayRead(server: ServerContext, request: TidingsRequest): Promise<boolean> {
  const { describe } = server.options
  if (!describe) return false
  const context = await authenticate(server, request)
  return (await describe.authorize({ context })) === true
}

/** Handles `GET /events/$contract` and its like: responds with the document, or with 304 if the client has it. */
export async function handleDescription(
  { description }: ServerContext,
  { headers }: TidingsRequest,
  path: DescriptionPath,
): Promise<CompleteResponse> {
  const { body, etag } = await description.get(path)
  // Caches may keep it, but ask each time: who may read it can change.
  const common = { ...commonHeaders, 'Cache-Control': 'private, no-cache', ETag: etag }
  if (matches(headers.get('if-none-match'), etag)) {
    return { kind: 'complete', status: 304, headers: common, body: '' }
  }
  return { kind: 'complete', status: 200, headers: { ...common, 'Content-Type': 'application/json' }, body }
}

/** Whether `If-None-Match` names an entity tag, compared weakly: RFC 9110 section 13.1.2. */
function matches(given: string | null, etag: string): boolean {
  if (given === null) return false
  return given
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)
}
