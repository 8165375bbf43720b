import { type ConnectionIdentity, connectionInfo } from '../connections/connection-identity.js'
import type { TidingsRequest } from '../http/adapter.js'
import type { ServerContext } from './server-context.js'

/** Returns the identity of the connection that a request would open. */
export function identityOf(
  { options }: ServerContext,
  { address }: TidingsRequest,
  context: unknown,
  topic: string | undefined,
): ConnectionIdentity {
  return { topic, address, principal: options.principal(context) }
}

/**
 * Admits a connection, and prepares it. The connection counts until it is released, or until `prepare` rejects.
 *
 * @throws TidingsError `unavailable` or `too_many_requests`, and what `prepare` throws
 */
export async function admitAndPrepare(
  server: ServerContext,
  identity: ConnectionIdentity,
  prepare: () => Promise<unknown>,
): Promise<void> {
  await admit(server, identity)
  try {
    await prepare()
  } catch (error) {
    server.admission.release(identity)
    throw error
  }
}

/** Admits a connection, which counts until it is released. @throws TidingsError `unavailable` or `too_many_requests` */
export async function admit(
  { admission, presence, counters, hooks }: ServerContext,
  identity: ConnectionIdentity,
): Promise<void> {
  const limit = await admission.admit(identity)
  if (!limit) return
  counters.refused += 1
  hooks.refused?.(connectionInfo(identity, { limit }))
  const { principal } = identity
  const isOwn = limit === 'connectionsPerPrincipal' && principal !== undefined
  throw admission.refusal(limit, isOwn ? presence.checkAllNodes(principal) : undefined)
}
