import type { ContractDefinition } from '@tidings/core'
import { type CompiledGroup, type CompiledProcedure, compileContract } from '@tidings/core/wire'
import { callFunction, commandFunction } from './calls/call-function.js'
import { ConnectionManager } from './connection-manager.js'
import { disposeSymbol } from './disposable.js'
import type { ResolvedOptions } from './options/resolved-options.js'
import { attachRun, loadRuns, startRun } from './runs/deferred-run.js'
import { UntypedTopic } from './topics/topic.js'
import type { SignalOptions } from './types/client.js'

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
  switch (procedure.kind) {
    case 'channel':
      return (params: unknown = {}) => new UntypedTopic(manager, procedure, params)
    case 'command':
      return commandFunction(manager, procedure, manager.closing)
    case 'stream':
      // A run that is started while the code cannot be loaded tries again.
      loadRuns().catch(() => {})
      return Object.assign(
        callFunction(procedure, (input, { signal }) => startRun(manager, procedure, input, signal)),
        {
          attach: (id: string, { signal }: SignalOptions = {}) => attachRun(manager, procedure, id, signal),
        },
      )
  }
}
