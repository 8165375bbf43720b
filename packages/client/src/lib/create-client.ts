import type { ContractDefinition } from '@tidings/core'
import { untypedClient } from './client.js'
import { openFetchStream } from './connection/fetch-stream.js'
import { sourceStream } from './connection/source-stream.js'
import type { ClientOptions } from './options/client-options.js'
import { resolveOptions } from './options/resolved-options.js'
import type { Client } from './types/client.js'

/**
 * Creates the client of a contract. Makes no request before it is used.
 *
 * @throws TidingsError `invalid_options` for invalid options
 */
export function createClient<const Contract extends ContractDefinition>(
  contract: Contract,
  options: ClientOptions,
): Client<Contract>
export function createClient(contract: ContractDefinition, options: ClientOptions): unknown {
  const { EventSource } = options
  const openStream = EventSource ? sourceStream(EventSource) : openFetchStream
  return untypedClient(contract, resolveOptions(options, openStream))
}
