import type { ConnectionInfo } from '../hooks.js'
import type { TidingsRequest } from '../http/adapter.js'
import type { ServerContext } from './server-context.js'

/** Returns what is known of the connection that a request would open. */
export function connectionInfo(
  { options }: ServerContext,
  { address }: TidingsRequest,
  context: unknown,
  topic: string | undefined,
): ConnectionInfo {
  return { topic, address, principal: options.principal(context) }
}

/** Admits a connection, which counts until it is released. @throws TidingsError `unavailable` or `too_many_requests` */
export async function admit(
  { admission, presence, counters, hooks }: ServerContext,
  info: ConnectionInfo,
): Promise<void> {
  const limit = await admission.admit(info)
  if (!limit) return
  counters.refused += 1
  hooks.refused?.({ ...info, limit })
  const { principal } = info
  const isOwn = limit === 'connectionsPerPrincipal' && principal !== undefined
  throw admission.refusal(limit, isOwn ? presence.checkAllNodes(principal) : undefined)
}
