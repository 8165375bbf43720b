/** The requests of the page's client. */
export interface Network {
  readonly fetch: typeof globalThis.fetch
}

export function createNetwork(): Network {
  return { fetch: (...request) => fetch(...request) }
}
