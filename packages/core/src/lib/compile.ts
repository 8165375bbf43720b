import { checkContract } from '#check-contract'
import { givenPayloadOf, noData, nothing, type Payload, payloadOf } from './payload.js'
import { type TopicCodec, topicCodecOf } from './topic.js'
import type { ContractDefinition } from './types/contract.js'
import type { Command, Procedure, Stream } from './types/procedure.js'
import type { DataSchemas } from './types/schema.js'

/** A channel with the plans to carry its topics, events and snapshots. */
export interface CompiledChannel {
  readonly kind: 'channel'
  /** The procedure's place in the contract as path segments of a URL: `chat/room`. */
  readonly path: string
  readonly topics: TopicCodec
  readonly takesParams: boolean
  readonly events: ReadonlyMap<string, Payload>
  readonly snapshot: Payload | undefined
}

/** A command with the plans to carry what it takes, answers and fails with. */
export interface CompiledCommand {
  readonly kind: 'command'
  readonly path: string
  readonly takesInput: boolean
  readonly input: Payload
  readonly output: Payload
  readonly errors: ReadonlyMap<string, Payload>
}

/** A stream with the plans to carry what it takes, sends, answers and fails with. */
export interface CompiledStream {
  readonly kind: 'stream'
  readonly path: string
  readonly takesInput: boolean
  readonly input: Payload
  readonly events: ReadonlyMap<string, Payload>
  readonly output: Payload
  readonly errors: ReadonlyMap<string, Payload>
}

export type CompiledProcedure = CompiledChannel | CompiledCommand | CompiledStream

/** A group of a contract, in its own shape. */
export interface CompiledGroup {
  readonly kind: 'group'
  readonly members: ReadonlyMap<string, CompiledProcedure | CompiledGroup>
}

/** A contract with everything about it that can be computed once. */
export interface CompiledContract extends CompiledGroup {
  /** Every procedure by its path: `chat/room`. */
  readonly procedures: ReadonlyMap<string, CompiledProcedure>
}

const compiled = new WeakMap<ContractDefinition, CompiledContract>()

/**
 * Plans how the values of a contract travel; the same contract is compiled once.
 *
 * It is checked first, except in a bundle for browsers that was not made for development.
 *
 * @throws TidingsError `invalid_contract` for a mistake, naming the path and the way out
 */
export function compileContract(definition: ContractDefinition): CompiledContract {
  const known = compiled.get(definition)
  if (known) return known
  checkContract(definition)
  const procedures = new Map<string, CompiledProcedure>()
  const contract = { ...compileGroup(definition, '', procedures), procedures }
  compiled.set(definition, contract)
  return contract
}

function compileGroup(
  group: ContractDefinition,
  prefix: string,
  procedures: Map<string, CompiledProcedure>,
): CompiledGroup {
  const members = new Map<string, CompiledProcedure | CompiledGroup>()
  for (const [name, member] of Object.entries(group)) {
    const path = prefix + name
    if (isProcedure(member)) {
      const procedure = compileProcedure(member, path)
      procedures.set(path, procedure)
      members.set(name, procedure)
    } else {
      members.set(name, compileGroup(member, `${path}/`, procedures))
    }
  }
  return { kind: 'group', members }
}

/** A group may have a member of the name `kind`, which is no text. */
function isProcedure(member: Procedure | ContractDefinition): member is Procedure {
  return typeof member.kind === 'string'
}

function compileProcedure(procedure: Procedure, path: string): CompiledProcedure {
  switch (procedure.kind) {
    case 'channel': {
      const { kind, params, events, snapshot } = procedure
      return {
        kind,
        path,
        topics: topicCodecOf(params, path),
        takesParams: Object.keys(params).length > 0,
        events: compileAll(events),
        snapshot: snapshot && payloadOf(snapshot),
      }
    }
    case 'command':
      return { kind: 'command', path, ...compileExchange(procedure) }
    case 'stream':
      return { kind: 'stream', path, ...compileExchange(procedure), events: compileAll(procedure.events) }
  }
}

function compileExchange({ input, output, errors }: Command | Stream) {
  return {
    takesInput: input !== undefined,
    input: input ? givenPayloadOf(input) : nothing,
    output: output ? payloadOf(output) : nothing,
    errors: compileAll(errors),
  }
}

function compileAll(schemas: DataSchemas): ReadonlyMap<string, Payload> {
  return new Map(Object.entries(schemas).map(([name, schema]) => [name, schema ? payloadOf(schema) : noData]))
}
