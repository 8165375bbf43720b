import type { ContractDefinition } from '@tidings/core'
import { untypedClient } from './client.js'
import { type ClientOptions, type EventSourceConstructor, resolveOptions } from './options.js'
import type { Client } from './types/client.js'

/** The options of a client that subscribes with the browser's own EventSource, which cannot send headers. */
export interface NativeClientOptions extends Omit<ClientOptions, 'headers' | 'EventSource'> {
  /** The EventSource to subscribe with. Defaults to the global `EventSource`. */
  EventSource?: EventSourceConstructor
}

/**
 * Creates the client of a contract, which subscribes with the browser's own EventSource. Makes no request
 * before it is used.
 *
 * It is smaller than the client of `@tidings/client`, and can do less: it sends no headers, so a server
 * identifies it by its cookies, and it retries a refused connection like a lost one.
 *
 * @throws TidingsError `invalid_options` for invalid options, and if there is no EventSource
 */
export function createClient<const Contract extends ContractDefinition>(
  contract: Contract,
  options: NativeClientOptions,
): Client<Contract>
export function createClient(contract: ContractDefinition, options: NativeClientOptions): unknown {
  const { EventSource = globalThis.EventSource } = options
  return untypedClient(contract, resolveOptions({ ...options, EventSource }))
}
