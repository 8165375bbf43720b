import type { DuplicateServerCheck } from './duplicate-server-check.js'
import type { ServerContext } from './endpoints/server-context.js'
import type { ServerLife } from './server-life.js'

/** Milliseconds a client may take to read its last frame after the server has closed. */
const unreadMs = 1_000

export interface ShutdownDeps {
  readonly context: ServerContext
  readonly life: ServerLife
  readonly duplicates: DuplicateServerCheck | undefined
}

/** Ends connections, lets calls finish for a while, and then releases what the server holds. */
export async function shutDown({ context, life, duplicates }: ShutdownDeps, drainMs: number): Promise<void> {
  const { topics, nodes, options } = context
  topics.writes.flush()
  for (const connection of context.connections) connection.end('closed', life.shutdownFrame())
  const sourcesStopped = topics.close()
  const reason = life.refusal()
  await context.calls.drain(drainMs, reason)
  await context.idempotency.close(reason)
  life.finish()
  nodes?.close()
  context.revocationLog?.close()
  duplicates?.close()
  context.admission.close()
  await sourcesStopped
  await options.bus?.close()
  await context.heartbeat.empty(unreadMs)
}
