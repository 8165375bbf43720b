import { checkContract } from '#check-contract'
import { givenPayloadCodec, noData, noPayload, type PayloadCodec, payloadCodec } from './payload-codec.js'
import { type TopicCodec, topicCodecOf } from './topic.js'
import type { ContractDefinition } from './types/contract.js'
import type { Command, Procedure, Stream } from './types/procedure.js'
import type { DataSchemas } from './types/schema.js'

/** A channel with the codecs of its topics, events and snapshots. */
export interface CompiledChannel {
  readonly kind: 'channel'
  /** The path of the procedure in the contract, as in a URL: `chat/room`. */
  readonly path: string
  readonly topics: TopicCodec
  readonly takesParams: boolean
  readonly events: ReadonlyMap<string, PayloadCodec>
  readonly snapshot: PayloadCodec | undefined
}

/** A command with the codecs of its input, output and errors. */
export interface CompiledCommand {
  readonly kind: 'command'
  readonly path: string
  readonly takesInput: boolean
  readonly input: PayloadCodec
  readonly output: PayloadCodec
  readonly errors: ReadonlyMap<string, PayloadCodec>
}

/** A stream with the codecs of its input, events, output and errors. */
export interface CompiledStream {
  readonly kind: 'stream'
  readonly path: string
  readonly takesInput: boolean
  readonly input: PayloadCodec
  readonly events: ReadonlyMap<string, PayloadCodec>
  readonly output: PayloadCodec
  readonly errors: ReadonlyMap<string, PayloadCodec>
}

export type CompiledProcedure = CompiledChannel | CompiledCommand | CompiledStream

/** A group of a contract, with its members by name. */
export interface CompiledGroup {
  readonly kind: 'group'
  readonly members: ReadonlyMap<string, CompiledProcedure | CompiledGroup>
}

/** A contract with everything that is computed once. */
export interface CompiledContract extends CompiledGroup {
  /** Every procedure by its path: `chat/room`. */
  readonly procedures: ReadonlyMap<string, CompiledProcedure>
}

const compiled = new WeakMap<ContractDefinition, CompiledContract>()

/**
 * Makes the codecs of a contract, once for each contract object.
 *
 * Checks the contract first, except in a bundle for browsers that was not made for development.
 *
 * @throws TidingsError `invalid_contract` for a mistake, with its path and how to fix it
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

/** A group may have a member named `kind`, which is not text. */
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
        snapshot: snapshot && payloadCodec(snapshot),
      }
    }
    case 'command':
      return compileCommand(procedure, path)
    case 'stream':
      return { kind: 'stream', path, ...compileCall(procedure), events: compileAll(procedure.events) }
  }
}

/** Makes the codecs of one command. */
export function compileCommand(command: Command, path: string): CompiledCommand {
  return { kind: 'command', path, ...compileCall(command) }
}

function compileCall({ input, output, errors }: Command | Stream) {
  return {
    takesInput: input !== undefined,
    input: input ? givenPayloadCodec(input) : noPayload,
    output: output ? payloadCodec(output) : noPayload,
    errors: compileAll(errors),
  }
}

function compileAll(schemas: DataSchemas): ReadonlyMap<string, PayloadCodec> {
  return new Map(
    Object.entries(schemas).map(([name, schema]) => [name, schema ? payloadCodec(schema) : noData]),
  )
}
