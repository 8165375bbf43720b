import type { TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { inspectPath } from '../http/reserved-paths.js'
import type { InspectedServer } from '../inspection/inspector.js'
import { authenticate } from './authenticate.js'
import { busiestOf } from './busiest-of.js'
import type { ServerContext } from './server-context.js'

/** Handles a request for the inspector. Returns undefined where the server has none, or it has no such path. */
export async function handleInspection(
  server: ServerContext,
  request: TidingsRequest,
): Promise<TidingsResponse | undefined> {
  const path = request.path.slice(inspectPath.length + 1)
  return server.options.inspector?.handle(inspectedServer(server), path, request)
}

const inspected = new WeakMap<ServerContext, InspectedServer>()

function inspectedServer(server: ServerContext): InspectedServer {
  const known = inspected.get(server)
  if (known) return known
  const { description, stats, closing } = server
  const made: InspectedServer = {
    describe: async () => (await description.get('$contract')).body,
    stats,
    busiest: (count) => busiestOf(server, count),
    closing,
    authenticate: (given) => authenticate(server, given),
  }
  inspected.set(server, made)
  return made
}
