import type { RequestHandler as ExpressHandler } from 'express'
import { answerNodeRequest, type RequestHandler } from './lib/http/node-http.js'

export type { RequestHandler } from './lib/http/node-http.js'

/**
 * Mounts a server in an Express app, version 4 or 5: `app.use('/events', expressHandler(tidings))`.
 *
 * It answers everything below its mount. It works with `compression()`, `helmet()` and `express.json()` in front; without
 * a body parser in front, its own limit and refusals apply to bodies too. The address of a client is Express' own
 * `request.ip`, so that behind a proxy its `trust proxy` setting applies.
 */
export function expressHandler(tidings: RequestHandler): ExpressHandler {
  return (request, response, next) => {
    answerNodeRequest(tidings, request, response, request.url, request.ip).catch(next)
  }
}
