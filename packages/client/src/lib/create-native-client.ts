import type { ContractDefinition } from '@tidings/core'
import { untypedClient } from './client.js'
import { sourceStream } from './connection/source-stream.js'
import type { ClientOptions, EventSourceConstructor } from './options/client-options.js'
import { invalidOptions } from './options/invalid-options.js'
import { resolveOptions } from './options/resolved-options.js'
import type { Client } from './types/client.js'

/** The options of a client that subscribes with an EventSource, which cannot send headers. */
export interface NativeClientOptions extends Omit<ClientOptions, 'headers' | 'EventSource'> {
  /**
   * The EventSource to subscribe with. Defaults to the global `EventSource` or, in Node, to that of the package
   * `eventsource`.
   */
  EventSource?: EventSourceConstructor
}

/**
 * Creates the client of a contract, which subscribes with the browser's own EventSource. Makes no request
 * before it is used.
 *
 * It sends no headers, so a server identifies it by its cookies, and it retries a refused connection like a
 * lost one.
 *
 * @throws TidingsError `invalid_options` for invalid options, and if there is no EventSource
 */
export function createClient<const Contract extends ContractDefinition>(
  contract: Contract,
  options: NativeClientOptions,
): Client<Contract>
export function createClient(contract: ContractDefinition, options: NativeClientOptions): unknown {
  const { EventSource = globalThis.EventSource } = options
  if (!EventSource) {
    throw invalidOptions(
      "EventSource is not available here. Give one, or use createClient from '@tidings/client'",
    )
  }
  return untypedClient(contract, resolveOptions({ ...options, EventSource }, sourceStream(EventSource)))
}
