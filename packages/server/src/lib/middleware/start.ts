import { invalidOptions, kindOf } from '../validate-options.js'
import { composed, type RunBehind, type StartedMiddleware } from './compose.js'
import type { MiddlewareServer, ProcedureInfo } from './middleware.js'
import type { AnyMiddleware } from './part.js'

/**
 * Starts the middleware of a server, and returns how each of its procedures runs behind it. A middleware that several
 * procedures share is started once.
 */
export function startMiddleware(
  byPath: ReadonlyMap<string, readonly AnyMiddleware[]>,
  server: MiddlewareServer,
  principalOf: (context: unknown) => string | undefined,
): (procedure: ProcedureInfo) => RunBehind | undefined {
  const started = new Map<AnyMiddleware, StartedMiddleware>()
  const start = (middleware: AnyMiddleware): StartedMiddleware => {
    const known = started.get(middleware)
    if (known) return known
    const running: unknown = typeof middleware === 'function' ? middleware : middleware.start(server)
    if (typeof running !== 'function') {
      throw invalidOptions(
        `start() of a middleware returned ${kindOf(running)}. Return a middleware function`,
      )
    }
    started.set(middleware, running as StartedMiddleware)
    return running as StartedMiddleware
  }
  return ({ path, kind }) => composed((byPath.get(path) ?? []).map(start), { path, kind }, principalOf)
}
