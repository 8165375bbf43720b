import type { Connection } from './connections/connection.js'
import { waitAtMost } from './deadline.js'
import type { DuplicateServerCheck } from './duplicate-server-check.js'
import type { ServerContext } from './endpoints/server-context.js'
import type { ServerLife } from './server-life.js'

/** Milliseconds a client may take to read its last frame after the server has closed. */
const unreadMs = 1_000

/** Milliseconds the bus may take to store the ends of runs. */
const unsavedMs = 2_000

export interface ShutdownDeps {
  readonly context: ServerContext
  readonly life: ServerLife
  readonly duplicates: DuplicateServerCheck | undefined
}

/** Ends connections, lets calls finish for a while, and then releases what the server holds. */
export async function shutDown({ context, life, duplicates }: ShutdownDeps, drainMs: number): Promise<void> {
  const { topics, nodes, options } = context
  topics.writes.flush()
  // The readers of a run get the rest of it, if it ends in time.
  endConnections(context, life, ({ carriesRun }) => !carriesRun)
  const closed = context.connections.size === 0 ? topics.close() : undefined
  const reason = life.refusal()
  await context.calls.drain(drainMs, reason)
  await waitAtMost(unsavedMs, context.runs.flushed())
  topics.writes.flush()
  endConnections(context, life, () => true)
  const runsClosed = context.runs.close()
  await context.idempotency.close(reason)
  life.finish()
  await runsClosed
  nodes?.close()
  context.revocationLog?.close()
  duplicates?.close()
  context.admission.close()
  await (closed ?? topics.close())
  await options.bus?.close()
  await context.heartbeat.empty(unreadMs)
}

function endConnections(
  { connections }: ServerContext,
  life: ServerLife,
  isChosen: (connection: Connection) => boolean,
): void {
  for (const connection of connections)
    if (isChosen(connection)) connection.end('closed', life.shutdownFrame())
}
