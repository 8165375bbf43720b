import { nameProblem, reservedEventNames, reservedMemberNames, reservedParamNames } from './names.js'
import { errorCodes, TidingsError } from './problem.js'
import { findObstacle } from './travel.js'
import type { ContractDefinition } from './types/contract.js'
import type { Procedure } from './types/procedure.js'
import type { DataSchemas, Schema } from './types/schema.js'

/** What each kind of procedure is made of. */
const parts = {
  channel: ['params', 'snapshot', 'events'],
  command: ['input', 'output', 'errors'],
  stream: ['input', 'events', 'output', 'errors'],
} satisfies Record<Procedure['kind'], readonly string[]>

/**
 * Checks everything about a contract: its shape, its names, and that the values of its schemas can travel as
 * JSON and arrive as what was sent.
 *
 * @throws TidingsError `invalid_contract` for a mistake, naming the path and the way out
 */
export function checkContract(definition: ContractDefinition): void {
  checkGroup(definition, 'contract')
}

function checkGroup(group: ContractDefinition, place: string): void {
  if (typeof group !== 'object' || group === null || Array.isArray(group) || isZodSchema(group)) {
    const what = place === 'contract' ? 'the contract' : place
    throw mistake(
      `${what} is neither a procedure nor a group. Declare it with channel(), command() or stream()`,
    )
  }
  for (const [name, member] of Object.entries(group)) {
    const inner = `${place}.${name}`
    checkName(name, reservedMemberNames, inner)
    if (isProcedure(member)) checkProcedure(member, inner)
    else checkGroup(member, inner)
  }
}

function checkProcedure(procedure: Procedure, place: string): void {
  const { kind } = procedure
  const known: readonly string[] = parts[kind]
  for (const key of Object.keys(procedure)) {
    if (key === 'kind' || known.includes(key)) continue
    throw mistake(`${place}.${key}: ${kind}() does not take "${key}". Expected one of ${known.join(', ')}`)
  }
  switch (kind) {
    case 'channel':
      checkSchemas(procedure.params, reservedParamNames, `${place}.params`, { key: true })
      checkSchemas(procedure.events, reservedEventNames, `${place}.events`)
      checkSchema(procedure.snapshot, `${place}.snapshot`)
      break
    case 'command':
    case 'stream':
      checkSchema(procedure.input, `${place}.input`)
      checkSchema(procedure.output, `${place}.output`)
      checkSchemas(procedure.errors, errorCodes, `${place}.errors`)
      if (kind === 'stream') {
        checkSchemas(procedure.events, reservedEventNames, `${place}.events`)
      }
  }
}

function checkSchemas(
  schemas: DataSchemas,
  taken: readonly string[],
  place: string,
  at?: { readonly key: boolean },
): void {
  if (schemas === undefined) throw mistake(`${place} is missing. Give a record of schemas: { name: schema }`)
  if (typeof schemas !== 'object' || schemas === null || isZodSchema(schemas)) {
    throw mistake(`${place} is not a record of schemas. Give { name: schema }`)
  }
  for (const [name, schema] of Object.entries(schemas)) {
    const inner = `${place}.${name}`
    checkName(name, taken, inner)
    // What has no schema has no data. A param without a value names nothing.
    if (schema === undefined && !at?.key) continue
    checkTravel(schema as Schema, inner, at)
  }
}

/** @param schema left out by a procedure that has none */
function checkSchema(schema: Schema | undefined, place: string): void {
  if (schema !== undefined) checkTravel(schema, place)
}

function checkTravel(schema: Schema, place: string, at?: { readonly key: boolean }): void {
  if (!isZodSchema(schema)) {
    throw mistake(`${place} is not a zod 4 schema. Use zod or zod/mini, version 4.1 or later`)
  }
  const obstacle = findObstacle(schema, at)
  if (obstacle) throw mistake(`${place}${obstacle.path} ${obstacle.problem}. ${obstacle.remedy}`)
}

function checkName(name: string, taken: readonly string[], place: string): void {
  const problem = nameProblem(name, taken)
  if (problem) throw mistake(`${place}: "${name}" ${problem}`)
}

function isProcedure(member: Procedure | ContractDefinition): member is Procedure {
  return typeof member === 'object' && member !== null && Object.hasOwn(parts, member.kind as string)
}

function isZodSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_zod' in value
}

function mistake(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_contract', message })
}
