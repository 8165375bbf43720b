import { type Command, type ContractDefinition, TidingsError } from '@tidings/core'
import { compileCommand } from '@tidings/core/wire'
import type { Caller } from './calls/call.js'
import { commandFunction } from './calls/call-function.js'
import { disposeSymbol } from './disposable.js'
import { linkedAbort } from './linked-abort.js'
import type { ClientOptions } from './options/client-options.js'
import { resolveRequestOptions } from './options/request-options.js'
import type { CommandsClient } from './types/commands-client.js'

/** The options of a client that calls commands only. */
export type CommandsClientOptions = Pick<
  ClientOptions,
  'url' | 'headers' | 'credentials' | 'fetch' | 'reconnect' | 'timeoutMs'
>

/**
 * Creates a client that calls the commands of a contract, and is less than a third of the size of the one that
 * subscribes. Channels and streams are left out. Makes no request before it is used.
 *
 * @throws TidingsError `invalid_options` for invalid options
 */
export function createClient<const Contract extends ContractDefinition>(
  contract: Contract,
  options: CommandsClientOptions,
): CommandsClient<Contract>
export function createClient(contract: ContractDefinition, options: CommandsClientOptions): unknown {
  const caller: Caller = { options: resolveRequestOptions(options), waitTurn: async () => {} }
  const closing = linkedAbort()
  const close = () => closing.abort(new TidingsError({ code: 'closed', message: 'The client was closed' }))
  return { ...commandsOf(contract, '', caller, closing.signal), close, [disposeSymbol]: close }
}

function commandsOf(
  group: ContractDefinition,
  prefix: string,
  caller: Caller,
  closing: AbortSignal,
): Record<string, unknown> {
  const commands: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(group)) {
    const path = prefix + name
    const { kind } = member
    if (kind === 'command') {
      commands[name] = commandFunction(caller, compileCommand(member as Command, path), closing)
    } else if (typeof kind !== 'string') {
      commands[name] = commandsOf(member as ContractDefinition, `${path}/`, caller, closing)
    }
  }
  return commands
}
