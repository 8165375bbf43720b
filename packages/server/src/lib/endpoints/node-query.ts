import type { ServerContext } from './server-context.js'

/** Answers a query that a node sends to all nodes. Rejects for a query of another version, which gets no reply. */
export async function answerNodeQuery(
  { presence, revocationLog, runs }: Pick<ServerContext, 'presence' | 'revocationLog' | 'runs'>,
  query: unknown,
): Promise<unknown> {
  const { revoked, present, readers, from } = query as Record<string, unknown>
  if (typeof present === 'string') return presence.check(present)
  if (Array.isArray(readers) && typeof from === 'string') return runs.onReaders(from, readers)
  if (typeof revoked !== 'string') throw new Error('This node does not understand the query')
  return revocationLog?.countOf(revoked)
}
