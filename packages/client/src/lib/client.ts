import { type ContractDefinition, isTidingsError } from '@tidings/core'
import {
  type CompiledCommand,
  type CompiledGroup,
  type CompiledProcedure,
  type CompiledStream,
  compileContract,
  isErrorCode,
} from '@tidings/core/wire'
import { callCommand } from './call.js'
import { ConnectionManager } from './connection-manager.js'
import { disposeSymbol } from './disposable.js'
import { type ClientOptions, resolveOptions } from './options.js'
import { StreamRun } from './stream-run.js'
import { UntypedTopic } from './topic.js'
import type { Client, SignalOptions } from './types/client.js'

/**
 * Creates the client of a contract. It makes no request before it is used.
 *
 * @throws TidingsError `invalid_options` for options that cannot work
 */
export function createClient<const Contract extends ContractDefinition>(
  contract: Contract,
  options: ClientOptions,
): Client<Contract>
export function createClient(contract: ContractDefinition, options: ClientOptions): unknown {
  const compiled = compileContract(contract)
  const manager = new ConnectionManager(resolveOptions(options))
  const close = () => manager.close()
  return {
    ...groupClient(compiled, manager),
    connection: manager.connection,
    close,
    [disposeSymbol]: close,
  }
}

function groupClient(group: CompiledGroup, manager: ConnectionManager): object {
  const client: Record<string, unknown> = {}
  for (const [name, member] of group.members) {
    client[name] = member.kind === 'group' ? groupClient(member, manager) : procedureClient(member, manager)
  }
  return client
}

function procedureClient(procedure: CompiledProcedure, manager: ConnectionManager): unknown {
  const { options, closing } = manager
  switch (procedure.kind) {
    case 'channel':
      return (params: unknown = {}) => new UntypedTopic(manager, procedure, params)
    case 'command':
      return callable(procedure, (input, signal) => callCommand(options, procedure, input, [signal, closing]))
    case 'stream':
      return callable(
        procedure,
        (input, signal) => new StreamRun(options, procedure, input, [signal, closing]),
      )
  }
}

/** The function that calls a procedure, and tells what it failed with. */
function callable(
  procedure: CompiledCommand | CompiledStream,
  call: (input: unknown, signal: AbortSignal | undefined) => unknown,
): unknown {
  const isError = (error: unknown) =>
    isTidingsError(error) && (procedure.errors.has(error.code) || isErrorCode(error.code))
  const called = procedure.takesInput
    ? (input: unknown, options: SignalOptions = {}) => call(input, options.signal)
    : (options: SignalOptions = {}) => call(undefined, options.signal)
  return Object.assign(called, { isError })
}
