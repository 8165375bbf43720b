import * as z from 'zod'
import { defineContract } from '../contract.js'
import { TidingsError } from '../error.js'
import { channel, command, stream } from '../procedure.js'
import type { ContractDefinition } from '../types/contract.js'
import type { Procedure } from '../types/procedure.js'
import type { DataSchemas, Schema, Schemas } from '../types/schema.js'
import type { ContractDocument, PayloadDocument, PayloadDocuments, ProcedureDocument } from './document.js'

/**
 * Makes a contract of a description, for programs that do not have the contract itself, as a command line. Its values
 * are those that travel: a `Date` is its text.
 *
 * @throws TidingsError `invalid_contract` for a document that is no description, or is of a later version
 */
export function contractFrom(document: ContractDocument): ContractDefinition {
  if (document?.tidings !== 1) {
    throw new TidingsError({
      code: 'invalid_contract',
      message: 'The document does not describe a contract: it lacks `"tidings": 1`',
    })
  }
  const contract: Record<string, unknown> = {}
  for (const [path, procedure] of Object.entries(document.procedures)) {
    const steps = path.split('/')
    const name = steps.pop() ?? ''
    let group = contract
    for (const step of steps) {
      group[step] ??= {}
      group = group[step] as Record<string, unknown>
    }
    group[name] = procedureFrom(procedure)
  }
  return defineContract(contract as never)
}

function procedureFrom(procedure: ProcedureDocument): Procedure {
  switch (procedure.kind) {
    case 'channel': {
      const params = allFrom(procedure.params) as Schemas
      const snapshot = procedure.snapshot && schemaFrom(procedure.snapshot)
      return channel<DataSchemas, Schemas, Schema | undefined>({
        params: params as never,
        events: allFrom(procedure.events) as never,
        ...(snapshot && { snapshot: snapshot as never }),
      })
    }
    case 'command':
      return command(callFrom(procedure) as never)
    case 'stream':
      return stream({ ...callFrom(procedure), events: allFrom(procedure.events) } as never)
  }
}

function callFrom(call: {
  readonly input?: PayloadDocument
  readonly output?: PayloadDocument
  readonly errors: PayloadDocuments
}) {
  return {
    ...(call.input && { input: schemaFrom(call.input) }),
    ...(call.output && { output: schemaFrom(call.output) }),
    errors: allFrom(call.errors),
  }
}

function allFrom(payloads: PayloadDocuments): DataSchemas {
  return Object.fromEntries(
    Object.entries(payloads).map(([name, payload]) => [name, payload ? schemaFrom(payload) : undefined]),
  )
}

function schemaFrom({ wire }: PayloadDocument): Schema {
  const { $defs, ...schema } = wire
  const defs = { ...(open($defs ?? {}) as object), [anyJson]: json }
  return z.fromJSONSchema({ ...(open(schema) as object), $defs: defs } as never)
}

/** The definition of any JSON value, which stands for keys and values of which a schema says nothing. */
const anyJson = 'TidingsJson'

const anyJsonRef = { $ref: `#/$defs/${anyJson}` }

const json = {
  anyOf: [
    { type: ['string', 'number', 'boolean', 'null'] },
    { type: 'array', items: anyJsonRef },
    { type: 'object', additionalProperties: anyJsonRef },
  ],
}

/** Names what a schema leaves open as any JSON, where zod would make it `unknown`, which no contract takes. */
function open(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(open)
  if (typeof schema !== 'object' || schema === null) return schema
  if (Object.keys(schema).length === 0) return anyJsonRef
  const opened = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties' || key === '$defs'
        ? Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, open(inner)]))
        : ['enum', 'const', 'default', 'examples', 'required'].includes(key)
          ? value
          : open(value),
    ]),
  )
  return 'type' in schema && schema.type === 'object' && !('additionalProperties' in schema)
    ? { ...opened, additionalProperties: anyJsonRef }
    : opened
}
