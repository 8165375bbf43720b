import type { ClientParts } from '../client-parts.js'

/** What this code, which is loaded on demand, uses of the client. See `client-parts.ts`. */
export let parts: ClientParts

/** Sets {@link parts}, before any other function of this code is called. */
export function setParts(given: ClientParts): void {
  parts = given
}
