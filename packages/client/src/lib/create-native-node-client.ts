import type { ContractDefinition } from '@tidings/core'
import { EventSource as PackagedEventSource } from 'eventsource'
import { createClient as createNativeClient, type NativeClientOptions } from './create-native-client.js'
import type { Client } from './types/client.js'

/**
 * Creates the client of a contract as in a browser, with the EventSource of the package `eventsource` where Node
 * has none of its own.
 *
 * @throws TidingsError `invalid_options` for invalid options
 */
export function createClient<const Contract extends ContractDefinition>(
  contract: Contract,
  options: NativeClientOptions,
): Client<Contract> {
  const { EventSource = globalThis.EventSource ?? PackagedEventSource } = options
  return createNativeClient(contract, { ...options, EventSource })
}
