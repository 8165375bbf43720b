import { maxAuthorizations, revokedTooOften } from '../connections/authorization-attempts.js'
import { requireUnexpired } from '../connections/context-expiry.js'
import type { TidingsRequest } from '../http/adapter.js'
import { LocalRequest } from '../http/local-request.js'
import type { ServerContext } from './server-context.js'

/**
 * Returns the context of a request.
 *
 * @throws TidingsError `unauthorized` if its credentials have expired, and what `context` throws
 */
export async function authenticate({ options }: ServerContext, request: TidingsRequest): Promise<unknown> {
  const given = request instanceof LocalRequest ? request.given : undefined
  const context = given === undefined ? await options.context(request) : given
  requireUnexpired(context)
  return context
}

/**
 * Authenticates a request before its body is read, which may take a while. The returned context is valid when
 * the body has been read: it has not expired, and is created again if it was revoked meanwhile.
 *
 * @throws TidingsError `unauthorized` for expired credentials, `unavailable` if they are revoked again and
 * again, and what `context`, `principal` and `read` throw
 */
export async function authenticateAndRead<Body>(
  server: ServerContext,
  request: TidingsRequest,
  read: () => Promise<Body>,
): Promise<{ readonly context: unknown; readonly body: Body }> {
  const { address } = request
  const pending = server.revocations.begin()
  const authenticateAgain = async () => {
    pending.restart()
    const context = await authenticate(server, request)
    const principal = server.options.principal(context)
    pending.identify({ kind: 'call', principal, address, topics: [] })
    return context
  }
  try {
    let context = await authenticateAgain()
    const body = await read()
    requireUnexpired(context)
    for (let count = 1; pending.isRevoked; count += 1) {
      if (count === maxAuthorizations) throw revokedTooOften()
      context = await authenticateAgain()
    }
    return { context, body }
  } finally {
    pending.finish()
  }
}
