import type { TidingsRequest } from '../http/adapter.js'
import { contextOf, maxAuthorizations, requireUnexpired, revokedTooOften } from './context-of.js'
import type { ServerContext } from './server-context.js'

/**
 * Asks who sends a request, and then has its body read, which may take a while. The context that is returned is good at the
 * end of it: it has not expired, and is made again if it was revoked meanwhile.
 *
 * @throws TidingsError `unauthorized` for credentials that have expired; `unavailable` if they are revoked again and again;
 * what `context`, `principal` and `read` throw
 */
export async function callerWith<Body>(
  site: ServerContext,
  request: TidingsRequest,
  read: () => Promise<Body>,
): Promise<{ readonly context: unknown; readonly body: Body }> {
  const { address } = request
  const arrival = site.revocations.begin()
  const ask = async () => {
    arrival.restart()
    const context = await contextOf(site, request)
    arrival.identify({ principal: site.options.principal(context), address, topics: [] })
    return context
  }
  try {
    let context = await ask()
    const body = await read()
    requireUnexpired(context)
    for (let count = 1; arrival.isRevoked; count += 1) {
      if (count === maxAuthorizations) throw revokedTooOften()
      context = await ask()
    }
    return { context, body }
  } finally {
    arrival.finish()
  }
}
