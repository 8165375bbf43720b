import { checkContract } from '../check-contract.js'
import type { ContractDefinition } from '../types/contract.js'
import type { Procedure, ProcedureMeta } from '../types/procedure.js'
import type { DataSchemas, Schema } from '../types/schema.js'
import { hashOf } from './contract-hash.js'
import type { ContractDocument, PayloadDocument, PayloadDocuments, ProcedureDocument } from './document.js'
import { answerPayload, requestPayload } from './payload.js'
import { SchemaNames } from './schema-names.js'

/**
 * Describes a contract as JSON: its procedures with their texts, and the JSON Schemas of their values.
 *
 * The result is the same for the same contract each time, in the order in which the contract declares. A default that is
 * computed each time is left out: the document says only that the value may be omitted.
 *
 * What JSON Schema cannot say is left out too: checks by `.refine()`, that `.catch()` and `z.coerce` take more than their
 * schema, and that `.trim()` changes a text before it is checked.
 *
 * @throws TidingsError `invalid_contract` for a mistake in the contract
 */
export function describe(contract: ContractDefinition): ContractDocument {
  checkContract(contract)
  const procedures: Record<string, ProcedureDocument> = {}
  collect(contract, '', procedures, new SchemaNames())
  return { tidings: 1, hash: hashOf(procedures), procedures }
}

function collect(
  group: ContractDefinition,
  prefix: string,
  procedures: Record<string, ProcedureDocument>,
  names: SchemaNames,
): void {
  for (const [name, member] of Object.entries(group)) {
    if (typeof member.kind === 'string')
      procedures[prefix + name] = describeProcedure(member as Procedure, names)
    else collect(member as ContractDefinition, `${prefix}${name}/`, procedures, names)
  }
}

function describeProcedure(procedure: Procedure, names: SchemaNames): ProcedureDocument {
  const text = textOf(procedure)
  switch (procedure.kind) {
    case 'channel': {
      const { params, events, snapshot } = procedure
      return {
        kind: 'channel',
        ...text,
        params: Object.fromEntries(
          Object.entries(params).map(([name, schema]) => [name, requestPayload(schema, names)]),
        ),
        events: answers(events, names),
        ...(snapshot && { snapshot: answerPayload(snapshot, names) }),
      }
    }
    case 'command':
      return { kind: 'command', ...text, ...describeCall(procedure, names) }
    case 'stream': {
      const events = answers(procedure.events, names)
      return { kind: 'stream', ...text, events, ...describeCall(procedure, names) }
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

interface Call {
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly errors: DataSchemas
}

function describeCall({ input, output, errors }: Call, names: SchemaNames) {
  const described: { input?: PayloadDocument; output?: PayloadDocument; errors: PayloadDocuments } = {
    ...(input && { input: requestPayload(input, names) }),
    ...(output && { output: answerPayload(output, names) }),
    errors: answers(errors, names),
  }
  return described
}

function answers(schemas: DataSchemas, names: SchemaNames): PayloadDocuments {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, schema ? answerPayload(schema, names) : null]),
  )
}
