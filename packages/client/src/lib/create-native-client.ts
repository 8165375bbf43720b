import type { ContractDefinition } from '@tidings/core'
import { untypedClient } from './client.js'
import { type ClientOptions, type EventSourceConstructor, resolveOptions } from './options.js'
import type { Client } from './types/client.js'

/** The options of a client that subscribes with the browser's own EventSource, which has no way to send headers. */
export interface NativeClientOptions extends Omit<ClientOptions, 'headers' | 'EventSource'> {
  /** What to subscribe with. Defaults to the global `EventSource`. */
  EventSource?: EventSourceConstructor
}

/**
 * Creates the client of a contract, which subscribes with the browser's own EventSource. It makes no request before it is used.
 *
 * It is smaller than that of `@tidings/client`, and sees less: it sends no headers, so that a server knows it by its cookies,
 * and it does not learn why a connection was refused, so that each is tried again like a lost one.
 *
 * @throws TidingsError `invalid_options` for options that cannot work, and where there is no EventSource
 */
export function createClient<const Contract extends ContractDefinition>(
  contract: Contract,
  options: NativeClientOptions,
): Client<Contract>
export function createClient(contract: ContractDefinition, options: NativeClientOptions): unknown {
  const { EventSource = globalThis.EventSource } = options
  return untypedClient(contract, resolveOptions({ ...options, EventSource }))
}
