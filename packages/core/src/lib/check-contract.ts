import { errorCodes, TidingsError } from './error.js'
import { isJsonOnly } from './json-only.js'
import { findUnserializable } from './json-safety.js'
import { nameProblem, reservedEventNames, reservedMemberNames, reservedParamNames } from './names.js'
import type { ContractDefinition } from './types/contract.js'
import type { Procedure, ProcedureMeta } from './types/procedure.js'
import type { DataSchemas, Schema } from './types/schema.js'

/** The keys that each kind of procedure takes. */
const keysOf = {
  channel: ['params', 'snapshot', 'events', 'meta'],
  command: ['input', 'output', 'errors', 'meta'],
  stream: ['input', 'events', 'output', 'errors', 'meta'],
} satisfies Record<Procedure['kind'], readonly string[]>

/** The contracts without a mistake, which is found once. */
const checked = new WeakSet<ContractDefinition>()

/**
 * Checks a contract: its shape, its names, and that JSON can carry the values of its schemas unchanged.
 *
 * @throws TidingsError `invalid_contract` for a mistake, with its path and how to fix it
 */
export function checkContract(definition: ContractDefinition): void {
  if (checked.has(definition)) return
  checkGroup(definition, 'contract')
  checked.add(definition)
}

function checkGroup(group: ContractDefinition, path: string): void {
  if (typeof group !== 'object' || group === null || Array.isArray(group) || isZodSchema(group)) {
    const what = path === 'contract' ? 'the contract' : path
    throw invalidContract(
      `${what} is neither a procedure nor a group. Declare it with channel(), command() or stream()`,
    )
  }
  for (const [name, member] of Object.entries(group)) {
    const inner = `${path}.${name}`
    checkName(name, reservedMemberNames, inner)
    if (isProcedure(member)) checkProcedure(member, inner)
    else checkGroup(member, inner)
  }
}

function checkProcedure(procedure: Procedure, path: string): void {
  const { kind } = procedure
  const known: readonly string[] = keysOf[kind]
  for (const key of Object.keys(procedure)) {
    if (key === 'kind' || known.includes(key)) continue
    throw invalidContract(
      `${path}.${key}: ${kind}() does not take "${key}". Expected one of ${known.join(', ')}`,
    )
  }
  checkMeta(procedure.meta, `${path}.meta`)
  switch (kind) {
    case 'channel':
      checkSchemas(procedure.params, reservedParamNames, `${path}.params`, { key: true })
      checkSchemas(procedure.events, reservedEventNames, `${path}.events`)
      checkSchema(procedure.snapshot, `${path}.snapshot`)
      break
    case 'command':
    case 'stream':
      checkSchema(procedure.input, `${path}.input`)
      checkSchema(procedure.output, `${path}.output`)
      checkSchemas(procedure.errors, errorCodes, `${path}.errors`)
      if (kind === 'stream') {
        checkSchemas(procedure.events, reservedEventNames, `${path}.events`)
      }
  }
}

/** The keys of `meta`, with the types of their values. */
const typesOfMeta: Readonly<Record<string, readonly string[]>> = {
  title: ['string'],
  description: ['string'],
  deprecated: ['boolean', 'string'],
} satisfies Record<keyof ProcedureMeta, readonly string[]>

function checkMeta(meta: ProcedureMeta | undefined, path: string): void {
  if (meta === undefined) return
  const names = Object.keys(typesOfMeta).join(', ')
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) {
    throw invalidContract(`${path} is not an object. Give any of ${names}`)
  }
  for (const [name, value] of Object.entries(meta)) {
    const types = Object.hasOwn(typesOfMeta, name) ? typesOfMeta[name] : undefined
    if (!types) throw invalidContract(`${path} has unknown key "${name}". Expected any of ${names}`)
    if (value === undefined || types.includes(typeof value)) continue
    throw invalidContract(
      `${path}.${name} is ${value === null ? 'null' : `a value of type ${typeof value}`}. Give a ${types.join(' or a ')}`,
    )
  }
}

function checkSchemas(
  schemas: DataSchemas,
  reserved: readonly string[],
  path: string,
  at?: { readonly key: boolean },
): void {
  if (schemas === undefined)
    throw invalidContract(`${path} is missing. Give a record of schemas: { name: schema }`)
  if (typeof schemas !== 'object' || schemas === null || isZodSchema(schemas)) {
    throw invalidContract(`${path} is not a record of schemas. Give { name: schema }`)
  }
  for (const [name, schema] of Object.entries(schemas)) {
    const inner = `${path}.${name}`
    checkName(name, reserved, inner)
    // An event or error without a schema has no data. A param always has a value.
    if (schema === undefined && !at?.key) continue
    checkSerializable(schema as Schema, inner, at)
  }
}

function checkSchema(schema: Schema | undefined, path: string): void {
  if (schema !== undefined) checkSerializable(schema, path)
}

function checkSerializable(schema: Schema, path: string, at?: { readonly key: boolean }): void {
  if (!isZodSchema(schema)) {
    throw invalidContract(`${path} is not a zod 4 schema. Use zod or zod/mini, version 4.1 or later`)
  }
  if (isJsonOnly(schema)) return
  const found = findUnserializable(schema, at)
  if (found) throw invalidContract(`${path}${found.path} ${found.problem}. ${found.remedy}`)
}

function checkName(name: string, reserved: readonly string[], path: string): void {
  const problem = nameProblem(name, reserved)
  if (problem) throw invalidContract(`${path}: "${name}" ${problem}`)
}

function isProcedure(member: Procedure | ContractDefinition): member is Procedure {
  return typeof member === 'object' && member !== null && Object.hasOwn(keysOf, member.kind as string)
}

function isZodSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_zod' in value
}

function invalidContract(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_contract', message })
}
