/** What hosts pass along with a request, as far as Tidings reads it. Another host may pass anything else. */
interface KnownInfo {
  /** `Deno.serve` */
  readonly remoteAddr?: { readonly hostname?: unknown } | null
  /** Hono on Node */
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: unknown } | null } | null
  /** `Bun.serve` passes its server. */
  requestIP?: BunServer['requestIP']
  /** Hono on Bun passes the server in its environment: `app.fetch(request, { server })`. */
  readonly server?: Partial<BunServer> | null
  /** Workers pass an execution context, and Durable Objects have a state. */
  waitUntil?(promise: Promise<unknown>): void
}

interface BunServer {
  requestIP(request: Request): { readonly address?: unknown } | null
}

/** Returns the address of a client, from a host that passes it. */
export function addressFrom(info: unknown, request: Request): string | undefined {
  const known = knownInfo(info)
  const server = known.server ?? known
  const address =
    typeof server.requestIP === 'function'
      ? server.requestIP(request)?.address
      : (known.remoteAddr?.hostname ?? known.incoming?.socket?.remoteAddress)
  return typeof address === 'string' ? address : undefined
}

/** Returns the function with which a host is kept running, where it has one. */
export function waitUntilFrom(info: unknown): ((promise: Promise<unknown>) => void) | undefined {
  const known = knownInfo(info)
  if (typeof known.waitUntil !== 'function') return undefined
  // Called as a method, which Workers require. A failure is reported where it happens.
  return (promise) => known.waitUntil?.(promise.catch(() => {}))
}

function knownInfo(info: unknown): KnownInfo {
  return typeof info === 'object' && info !== null ? info : {}
}
