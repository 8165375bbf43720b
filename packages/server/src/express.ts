import type { RequestHandler as ExpressHandler, Request } from 'express'
import type { RequestHandler } from './lib/http/adapter.js'
import { otherHost } from './lib/http/host-request.js'
import { handleNodeRequest } from './lib/http/node-http.js'

export type { RequestHandler } from './lib/http/adapter.js'

/**
 * Mounts a server in an Express app, version 4 or 5: `app.use('/events', expressHandler(tidings))`.
 *
 * It handles every request below its mount. It works behind `compression()`, `helmet()` and `express.json()`;
 * without a body parser, Tidings' own limits apply to bodies. A client's address is Express' `request.ip`, so
 * the `trust proxy` setting applies.
 */
export function expressHandler(tidings: RequestHandler): ExpressHandler {
  return (request, response, next) => {
    handleNodeRequest(tidings, request, response, request.url, request.ip).catch(next)
  }
}

/**
 * Returns the `request` of `context` and of middleware as Express' own: `expressRequest(request).user`, or a session
 * that middleware in front has loaded.
 *
 * @throws TidingsError `internal` in another host, and for a control request that another node forwarded
 */
export function expressRequest(request: object | undefined): Request {
  const { app, res } = (request ?? {}) as Partial<Request>
  if (typeof app === 'function' && res) return request as Request
  throw otherHost('expressRequest', 'Express', request)
}
