import * as zod from 'zod/v4/core'
import { checkContract } from '../check-contract.js'
import type { ContractDefinition } from '../types/contract.js'
import type { Procedure, ProcedureMeta } from '../types/procedure.js'
import type { DataSchemas, Schema, Schemas } from '../types/schema.js'
import type {
  ContractDocument,
  JsonSchema,
  PayloadDocument,
  PayloadDocuments,
  ProcedureDocument,
} from './document.js'

/**
 * Describes a contract as JSON: its procedures, with the JSON Schemas of their values.
 *
 * @throws TidingsError `invalid_contract` for a mistake in the contract
 */
export function describe(contract: ContractDefinition): ContractDocument {
  checkContract(contract)
  const procedures: Record<string, ProcedureDocument> = {}
  collect(contract, '', procedures)
  return { tidings: 1, hash: '', procedures }
}

function collect(
  group: ContractDefinition,
  prefix: string,
  procedures: Record<string, ProcedureDocument>,
): void {
  for (const [name, member] of Object.entries(group)) {
    if (typeof member.kind === 'string') procedures[prefix + name] = describeProcedure(member as Procedure)
    else collect(member as ContractDefinition, `${prefix}${name}/`, procedures)
  }
}

function describeProcedure(procedure: Procedure): ProcedureDocument {
  switch (procedure.kind) {
    case 'channel': {
      const { params, events, snapshot } = procedure
      return {
        kind: 'channel',
        ...textOf(procedure),
        params: describeParams(params),
        events: describeAll(events),
        ...(snapshot && { snapshot: describePayload(snapshot) }),
      }
    }
    case 'command':
      return { kind: 'command', ...textOf(procedure), ...describeCall(procedure) }
    case 'stream':
      return {
        kind: 'stream',
        ...textOf(procedure),
        events: describeAll(procedure.events),
        ...describeCall(procedure),
      }
  }
}

/** Returns the text about a procedure that its declaration gives. */
function textOf({ meta: { title, description, deprecated } = {} }: Procedure): ProcedureMeta {
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && { deprecated }),
  }
}

function describeCall({
  input,
  output,
  errors,
}: {
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly errors: DataSchemas
}) {
  return {
    ...(input && { input: describePayload(input) }),
    ...(output && { output: describePayload(output) }),
    errors: describeAll(errors),
  }
}

function describeParams(params: Schemas): Record<string, PayloadDocument> {
  return Object.fromEntries(Object.entries(params).map(([name, schema]) => [name, describePayload(schema)]))
}

function describeAll(schemas: DataSchemas): PayloadDocuments {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, schema ? describePayload(schema) : null]),
  )
}

function describePayload(schema: Schema): PayloadDocument {
  const { $schema, ...wire } = zod.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  return { wire }
}
