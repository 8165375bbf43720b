import type { RequestListener } from 'node:http'
import { TidingsError } from '@tidings/core'
import { answerNodeRequest, type RequestHandler } from './lib/node-http.js'
import { writeAnswer } from './lib/node-sink.js'
import { problemAnswer } from './lib/router.js'

/** How a server is mounted on Node's own HTTP server. */
export interface NodeHandlerOptions {
  /** Below which path. Defaults to `/events`. */
  path?: string
}

/**
 * Answers the requests of Node's own HTTP server: `http.createServer(nodeHandler(tidings))`. HTTPS, and HTTP/2 by its
 * compatibility API, work as well.
 *
 * What is not below its path is answered with 404 `not_found`; to answer it yourself, call the handler only for what is.
 */
export function nodeHandler(
  tidings: RequestHandler,
  { path = '/events' }: NodeHandlerOptions = {},
): RequestListener {
  const mount = `/${path.replace(/^\/+|\/+$/g, '')}`
  const prefix = mount === '/' ? '' : mount
  return (request, response) => {
    const url = request.url ?? '/'
    const rest = url.slice(prefix.length)
    if (!url.startsWith(prefix) || !/^(?:[/?]|$)/.test(rest)) {
      const message = `Tidings answers below ${mount}, and this is ${url.split('?')[0]}`
      writeAnswer(problemAnswer(new TidingsError({ code: 'not_found', message })), response)
      return
    }
    const { remoteAddress } = request.socket
    answerNodeRequest(tidings, request, response, rest, remoteAddress).catch(() => response.destroy())
  }
}
