import { type ContractDefinition, isTidingsError } from '@tidings/core'
import {
  type CompiledCommand,
  type CompiledGroup,
  type CompiledProcedure,
  type CompiledStream,
  compileContract,
  isErrorCode,
} from '@tidings/core/wire'
import { callCommand } from './calls/call.js'
import { ConnectionManager } from './connection-manager.js'
import { disposeSymbol } from './disposable.js'
import type { ResolvedOptions } from './options.js'
import { attachRun, loadRuns, startRun } from './runs/deferred-run.js'
import { UntypedTopic } from './topics/topic.js'
import type { CallOptions, SignalOptions } from './types/client.js'

/** Creates the client of a contract. Its types are in `types/client.ts`. */
export function untypedClient(contract: ContractDefinition, options: ResolvedOptions): unknown {
  const compiled = compileContract(contract)
  const manager = new ConnectionManager(options, compiled)
  const close = () => manager.close()
  return {
    ...groupClient(compiled, manager),
    connection: manager.connection,
    reconnect: () => manager.reconnect(),
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
  const { closing } = manager
  switch (procedure.kind) {
    case 'channel':
      return (params: unknown = {}) => new UntypedTopic(manager, procedure, params)
    case 'command':
      return callable(procedure, (input, { signal, timeoutMs }) =>
        callCommand(manager, procedure, input, { signals: [signal, closing], timeoutMs }),
      )
    case 'stream':
      // A run that is started while the code cannot be loaded tries again.
      loadRuns().catch(() => {})
      return Object.assign(
        callable(procedure, (input, { signal }) => startRun(manager, procedure, input, signal)),
        {
          attach: (id: string, { signal }: SignalOptions = {}) => attachRun(manager, procedure, id, signal),
        },
      )
  }
}

/** Returns the function that calls a procedure, with its `isError` and its path. */
function callable(
  procedure: CompiledCommand | CompiledStream,
  call: (input: unknown, options: CallOptions) => unknown,
): object {
  const isError = (error: unknown) =>
    isTidingsError(error) && (procedure.errors.has(error.code) || isErrorCode(error.code))
  const called = procedure.takesInput
    ? (input: unknown, options: CallOptions = {}) => call(input, options)
    : (options: CallOptions = {}) => call(undefined, options)
  return Object.assign(called, { isError, path: procedure.path })
}
