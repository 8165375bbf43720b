import type { TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { inspectPath } from '../http/reserved-paths.js'
import { authenticate } from './authenticate.js'
import type { ServerContext } from './server-context.js'

/** Handles a request for the inspector. Returns undefined where the server has none, or it has no such path. */
export async function handleInspection(
  server: ServerContext,
  request: TidingsRequest,
): Promise<TidingsResponse | undefined> {
  const { description, options, stats } = server
  const inspected = {
    describe: async () => (await description.get()).body,
    stats,
    authenticate: (given: TidingsRequest) => authenticate(server, given),
  }
  return options.inspector?.handle(inspected, request.path.slice(inspectPath.length + 1), request)
}
