import type { ServerContext } from './server-context.js'

/** Answers a query that a node sends to all nodes. Rejects for a query of another version, which gets no reply. */
export async function answerNodeQuery(
  { presence, revocationLog }: Pick<ServerContext, 'presence' | 'revocationLog'>,
  query: unknown,
): Promise<unknown> {
  const { revoked, present } = query as { revoked?: unknown; present?: unknown }
  if (typeof present === 'string') return presence.check(present)
  if (typeof revoked !== 'string') throw new Error('This node does not understand the query')
  return revocationLog?.countOf(revoked)
}
