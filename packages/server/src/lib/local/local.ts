import { type CompiledGroup, type CompiledProcedure, isErrorOf } from '@tidings/core/wire'
import type { ChannelImplementation, CommandImplementation, StreamImplementation } from '../bind-handlers.js'
import type { ServerContext } from '../endpoints/server-context.js'
import type { LocalCaller } from '../http/local-request.js'
import { type Answer, callCommand } from './call.js'
import { loadSeed } from './snapshot.js'
import { callStream } from './stream.js'

type LocalFunction = (...given: unknown[]) => unknown

interface LocalGroup {
  readonly [name: string]: LocalFunction | LocalGroup
}

export interface LocalDeps {
  readonly server: ServerContext
  readonly answer: Answer
  /** @throws TidingsError `unavailable` once the server is closing */
  requireOpen(): void
}

/** Returns the functions that load the snapshots of a contract's channels. Their types are in `types/local.ts`. */
export function localSnapshots(deps: LocalDeps, group: CompiledGroup): LocalGroup {
  return grouped(group, ({ path }) => {
    const channel = deps.server.procedures.get(path)
    return channel?.kind === 'channel' && channel.compiled.snapshot ? loader(deps, channel) : undefined
  })
}

function loader({ server, requireOpen }: LocalDeps, channel: ChannelImplementation): LocalFunction {
  const load = async (params: unknown, caller: LocalCaller) => {
    requireOpen()
    return loadSeed(server, channel, params, caller)
  }
  return channel.compiled.takesParams
    ? (params = {}, caller = {}) => load(params, caller as LocalCaller)
    : (caller = {}) => load({}, caller as LocalCaller)
}

/** Returns the functions that call a contract's commands and streams. Their types are in `types/local.ts`. */
export function localCalls(deps: LocalDeps, group: CompiledGroup): LocalGroup {
  return grouped(group, ({ path }) => {
    const called = deps.server.procedures.get(path)
    return called === undefined || called.kind === 'channel' ? undefined : callable(deps, called)
  })
}

function callable(
  { server, answer, requireOpen }: LocalDeps,
  called: CommandImplementation | StreamImplementation,
): LocalFunction {
  const call =
    called.kind === 'command'
      ? (input: unknown, caller: LocalCaller) => callCommand(answer, called, input, caller)
      : (input: unknown, caller: LocalCaller) => callStream(server, called, input, caller, requireOpen)
  const isError = (error: unknown) => isErrorOf(called.compiled, error)
  return Object.assign(
    called.compiled.takesInput
      ? (input?: unknown, caller: unknown = {}) => call(input, caller as LocalCaller)
      : (caller: unknown = {}) => call(undefined, caller as LocalCaller),
    { isError },
  )
}

/** Returns an object in the shape of a group, with what `make` returns for its procedures. */
function grouped(
  group: CompiledGroup,
  make: (procedure: CompiledProcedure) => LocalFunction | undefined,
): LocalGroup {
  const made: Record<string, LocalFunction | LocalGroup> = {}
  for (const [name, member] of group.members) {
    const each = member.kind === 'group' ? grouped(member, make) : make(member)
    if (each) made[name] = each
  }
  return made
}
