import { nameProblem, reservedEventNames, reservedMemberNames, reservedParamNames } from './names.js'
import { nothing, type Payload, payloadOf } from './payload.js'
import { errorCodes, TidingsError } from './problem.js'
import { type TopicCodec, topicCodecOf } from './topic.js'
import { findObstacle } from './travel.js'
import type { ContractDefinition } from './types/contract.js'
import type { Channel, Command, Procedure, Stream } from './types/procedure.js'
import type { Schema, Schemas } from './types/schema.js'

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

/** A contract that was checked, with everything about it that can be computed once. */
export interface CompiledContract extends CompiledGroup {
  /** Every procedure by its path: `chat/room`. */
  readonly procedures: ReadonlyMap<string, CompiledProcedure>
}

const kinds: readonly unknown[] = ['channel', 'command', 'stream'] satisfies Procedure['kind'][]

const compiled = new WeakMap<ContractDefinition, CompiledContract>()

/**
 * Checks a contract and plans how its values travel; the same contract is compiled once.
 *
 * @throws TidingsError `invalid_contract` for a mistake, naming the path and the way out
 */
export function compileContract(definition: ContractDefinition): CompiledContract {
  const known = compiled.get(definition)
  if (known) return known
  const procedures = new Map<string, CompiledProcedure>()
  const root = compileGroup(definition, [], procedures)
  const contract = { ...root, procedures }
  compiled.set(definition, contract)
  return contract
}

function compileGroup(
  group: ContractDefinition,
  segments: readonly string[],
  procedures: Map<string, CompiledProcedure>,
): CompiledGroup {
  if (typeof group !== 'object' || group === null || Array.isArray(group) || isZodSchema(group)) {
    const place = segments.length === 0 ? 'the contract' : `contract.${segments.join('.')}`
    throw mistake(`${place} is no procedure and no group. Make it with channel(), command() or stream()`)
  }
  const members = new Map<string, CompiledProcedure | CompiledGroup>()
  for (const [name, member] of Object.entries(group)) {
    const inner = [...segments, name]
    checkName(name, reservedMemberNames, `contract.${inner.join('.')}`)
    if (isProcedure(member)) {
      const procedure = compileProcedure(member, inner)
      procedures.set(procedure.path, procedure)
      members.set(name, procedure)
    } else {
      members.set(name, compileGroup(member, inner, procedures))
    }
  }
  return { kind: 'group', members }
}

function compileProcedure(procedure: Procedure, segments: readonly string[]): CompiledProcedure {
  const path = segments.join('/')
  const place = `contract.${segments.join('.')}`
  switch (procedure.kind) {
    case 'channel':
      return compileChannel(procedure, path, place)
    case 'command':
      return { kind: 'command', path, ...compileExchange(procedure, place) }
    case 'stream':
      return {
        kind: 'stream',
        path,
        ...compileExchange(procedure, place),
        events: compileAll(procedure.events, reservedEventNames, `${place}.events`),
      }
  }
}

function compileChannel(channel: Channel, path: string, place: string): CompiledChannel {
  for (const [name, schema] of entriesOf(channel.params, `${place}.params`)) {
    checkName(name, reservedParamNames, `${place}.params.${name}`)
    checkTravel(schema, `${place}.params.${name}`, { key: true })
  }
  return {
    kind: 'channel',
    path,
    topics: topicCodecOf(channel.params, path),
    takesParams: Object.keys(channel.params).length > 0,
    events: compileAll(channel.events, reservedEventNames, `${place}.events`),
    snapshot:
      channel.snapshot === undefined ? undefined : compileSchema(channel.snapshot, `${place}.snapshot`),
  }
}

function compileExchange(procedure: Command | Stream, place: string) {
  const { input, output, errors } = procedure
  return {
    takesInput: input !== undefined,
    input: input === undefined ? nothing : compileSchema(input, `${place}.input`),
    output: output === undefined ? nothing : compileSchema(output, `${place}.output`),
    errors: compileAll(errors, errorCodes, `${place}.errors`),
  }
}

function compileAll(schemas: Schemas, taken: readonly string[], place: string): ReadonlyMap<string, Payload> {
  const plans = new Map<string, Payload>()
  for (const [name, schema] of entriesOf(schemas, place)) {
    checkName(name, taken, `${place}.${name}`)
    plans.set(name, compileSchema(schema, `${place}.${name}`))
  }
  return plans
}

function entriesOf(schemas: Schemas, place: string): [name: string, schema: Schema][] {
  if (typeof schemas !== 'object' || schemas === null || isZodSchema(schemas)) {
    throw mistake(`${place} is no record of schemas. Write { name: schema }`)
  }
  return Object.entries(schemas)
}

function compileSchema(schema: Schema, place: string): Payload {
  checkTravel(schema, place)
  return payloadOf(schema)
}

function checkTravel(schema: Schema, place: string, at: { key?: boolean } = {}): void {
  if (!isZodSchema(schema)) {
    throw mistake(`${place} is no zod 4 schema. Write one with zod or zod/mini, version 4.1 or later`)
  }
  const obstacle = findObstacle(schema, at)
  if (obstacle) throw mistake(`${place}${obstacle.path} ${obstacle.problem}. ${obstacle.remedy}`)
}

function checkName(name: string, taken: readonly string[], place: string): void {
  const problem = nameProblem(name, taken)
  if (problem) throw mistake(`${place}: "${name}" ${problem}`)
}

function isProcedure(member: Procedure | ContractDefinition): member is Procedure {
  return typeof member === 'object' && member !== null && kinds.includes(member.kind)
}

function isZodSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_zod' in value
}

function mistake(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_contract', message })
}
