import { TidingsError } from '@tidings/core'
import type { InspectedServer, Inspector, TidingsRequest, TidingsResponse } from '@tidings/server'
import { dataResponse, fileResponse, pageResponse } from './responses.js'
import { createStatsFeed, type StatsFeed } from './stats-feed.js'

/** A request to open the inspector, as `authorize` decides about it. */
export interface InspectionRequest<Context = unknown> extends Pick<TidingsRequest, 'headers' | 'address'> {
  /** What the server's option `context` returned for the request. */
  readonly context: Context
}

/** The options of the inspector. */
export interface InspectorOptions<Context = unknown> {
  /**
   * Whether a request may see the inspector. A refused one is answered with 404, as if there were no inspector.
   *
   * State the type of `context` where you use it, since TypeScript does not infer it. `createServer` refuses
   * a type that its own option `context` does not return.
   *
   * A browser opens the page with the cookies of the site and the credentials of HTTP authentication, and not with a
   * bearer token.
   *
   * Defaults to true, and to false if `NODE_ENV` is `production`.
   */
  authorize?(request: InspectionRequest<Context>): boolean | Promise<boolean>
}

/** The paths of the server that feeds the charts begin with it. */
const feedPrefix = 'events/'

const feeds = new WeakMap<InspectedServer, StatsFeed>()

/** Answers a request for one path of the inspector. */
type Answer = (server: InspectedServer, request: TidingsRequest) => TidingsResponse | Promise<TidingsResponse>

/** What the page asks for, by path below `$inspect/`. */
const answers: Readonly<Record<string, Answer>> = {
  'contract.json': async (server) => dataResponse(await server.describe()),
}

/**
 * Serves the inspector at `GET /events/$inspect`: `createServer(contract, { inspector: inspector() }, handlers)`.
 *
 * The page shows the contract's procedures with their schemas, watches topics, and calls commands and streams. It acts as
 * any client of the server does, with the rights that its visitor has.
 *
 * In production there is none unless `authorize` is given.
 *
 * @throws TidingsError `invalid_options` for an unknown option, or an `authorize` that is not a function
 */
export function inspector<Context = unknown>(
  options: InspectorOptions<Context> = {},
): Inspector<NoInfer<Context>> {
  const authorize = authorizeOf(options as InspectorOptions)
  return {
    async handle(server, path, request) {
      const admission = await admit(authorize, server, request)
      if (!admission) return undefined
      if (Object.hasOwn(answers, path)) return answers[path]?.(server, request)
      if (path.startsWith(feedPrefix)) {
        const below = requestBelow(request, path.slice(feedPrefix.length))
        return feedOf(server).handle(below, admission.context)
      }
      // The page is texts in a module, so that runtimes without a file system load it too. See decision 023.
      const { html, files } = await import('#page')
      if (path === '') return pageResponse(html)
      // With a slash after `$inspect`, the page's own references begin with it once more.
      const name = path.replace(/^\$inspect\//, '')
      const file = Object.hasOwn(files, name) ? files[name] : undefined
      return file && fileResponse(file)
    },
  }
}

/** Returns a request as the server mounted below its path receives it. */
function requestBelow(request: TidingsRequest, path: string): TidingsRequest {
  // An adapter's request may have its members from a class.
  const { method, query, headers, address, signal } = request
  return { method, path, query, headers, address, signal, json: (maxBytes) => request.json(maxBytes) }
}

/** Returns the server that feeds the charts of another one. It is created with the first request for it. */
function feedOf(server: InspectedServer): StatsFeed {
  const known = feeds.get(server)
  if (known) return known
  const feed = createStatsFeed(server)
  feeds.set(server, feed)
  return feed
}

/** Returns the context of a request that may see the inspector; undefined for one that may not. */
async function admit(
  authorize: InspectorOptions['authorize'],
  server: InspectedServer,
  request: TidingsRequest,
): Promise<{ readonly context: unknown } | undefined> {
  if (!authorize) return isProduction() ? undefined : { context: undefined }
  const { headers, address } = request
  try {
    const context = await server.authenticate(request)
    return (await authorize({ context, headers, address })) === true ? { context } : undefined
  } catch (error) {
    // A caller who is unknown to `context` sees no inspector. Everything else is a failure, which the server reports.
    if (error instanceof TidingsError && (error.code === 'unauthorized' || error.code === 'forbidden'))
      return undefined
    throw error
  }
}

/** Whether the process runs in production. Where there is no `process`, nothing says that it does not. */
function isProduction(): boolean {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env === undefined || process.env['NODE_ENV'] === 'production'
}

function authorizeOf(options: InspectorOptions): InspectorOptions['authorize'] {
  if (typeof options !== 'object' || options === null) throw invalid('options is not an object')
  const unknown = Object.keys(options).find((name) => name !== 'authorize')
  if (unknown !== undefined) throw invalid(`options has unknown key "${unknown}". Expected authorize`)
  const { authorize } = options
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw invalid(`authorize is a value of type ${typeof authorize}. Give a function`)
  }
  return authorize
}

function invalid(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_options', message: `inspector: ${message}` })
}
