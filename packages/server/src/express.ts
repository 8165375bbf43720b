import type { RequestHandler as ExpressHandler } from 'express'
import type { RequestHandler } from './lib/http/adapter.js'
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
