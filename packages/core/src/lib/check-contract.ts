import { nameProblem, reservedEventNames, reservedMemberNames, reservedParamNames } from './names.js'
import { errorCodes, TidingsError } from './problem.js'
import { findObstacle } from './travel.js'
import type { ContractDefinition } from './types/contract.js'
import type { Procedure } from './types/procedure.js'
import type { Schema, Schemas } from './types/schema.js'

const kinds: readonly unknown[] = ['channel', 'command', 'stream'] satisfies Procedure['kind'][]

/**
 * Checks everything about a contract: its shape, its names, and that the values of its schemas can travel as JSON and
 * arrive as what was sent.
 *
 * @throws TidingsError `invalid_contract` for a mistake, naming the path and the way out
 */
export function checkContract(definition: ContractDefinition): void {
  checkGroup(definition, 'contract')
}

function checkGroup(group: ContractDefinition, place: string): void {
  if (typeof group !== 'object' || group === null || Array.isArray(group) || isZodSchema(group)) {
    const what = place === 'contract' ? 'the contract' : place
    throw mistake(`${what} is no procedure and no group. Make it with channel(), command() or stream()`)
  }
  for (const [name, member] of Object.entries(group)) {
    const inner = `${place}.${name}`
    checkName(name, reservedMemberNames, inner)
    if (isProcedure(member)) checkProcedure(member, inner)
    else checkGroup(member, inner)
  }
}

function checkProcedure(procedure: Procedure, place: string): void {
  switch (procedure.kind) {
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
      if (procedure.kind === 'stream') {
        checkSchemas(procedure.events, reservedEventNames, `${place}.events`)
      }
  }
}

function checkSchemas(
  schemas: Schemas,
  taken: readonly string[],
  place: string,
  at?: { readonly key: boolean },
): void {
  if (typeof schemas !== 'object' || schemas === null || isZodSchema(schemas)) {
    throw mistake(`${place} is no record of schemas. Write { name: schema }`)
  }
  for (const [name, schema] of Object.entries(schemas)) {
    const inner = `${place}.${name}`
    checkName(name, taken, inner)
    checkTravel(schema, inner, at)
  }
}

/** @param schema left out by a procedure that has none */
function checkSchema(schema: Schema | undefined, place: string): void {
  if (schema !== undefined) checkTravel(schema, place)
}

function checkTravel(schema: Schema, place: string, at?: { readonly key: boolean }): void {
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
