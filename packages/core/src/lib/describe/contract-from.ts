import * as z from 'zod/mini'
import { checkContract } from '../check-contract.js'
import { markJsonOnly } from '../json-only.js'
import { nameProblem } from '../names.js'
import { channel, command, stream } from '../procedure.js'
import type { ContractDefinition } from '../types/contract.js'
import type { Procedure } from '../types/procedure.js'
import type { DataSchemas, Schema, Schemas } from '../types/schema.js'
import type { ContractDocument, JsonSchema } from './document.js'
import { brief, documentFault, objectAt, within } from './document-fault.js'
import { SchemaReader } from './schema-reader.js'

/** The version of the form that this package writes and reads. */
const version = 1

/** How many groups a procedure may be in. */
const maxGroups = 32

/**
 * Makes a contract of a description, for programs that do not have the contract itself, as a command line. Its values
 * are those that travel: a `Date` is its text, a `Map` a list of pairs, and keys that the description does not name are
 * kept. It accepts on the wire what the described contract accepts, with these exceptions:
 *
 * - What a description cannot say is not checked: `.refine()`, and that a codec of the program refuses a value.
 * - What a description does not say is refused: `z.coerce` and `.catch()` take more than their schema, and `.trim()`
 *   takes a longer text.
 * - A regular expression that could take exponential time is not tested, nor is one with `(?=…)` or `(?<name>…)`, and
 *   a long text is not tested with one that would take more than a second. Nor is the rest of a value that would take
 *   that long, as in unions inside each other. The server tests the value in any case.
 * - An exclusive union (`z.xor()`) is tested as any union.
 * - Other keywords than those that `describe` writes are ignored.
 *
 * The document may come from a stranger. Its size is bounded: 100,000 schemas, 100 inside each other.
 *
 * @throws TidingsError `invalid_contract` for a document that is not a description, is of a later version, or is too large
 */
export function contractFrom(document: ContractDocument): ContractDefinition {
  const { tidings, procedures } = objectAt(document, 'it')
  if (tidings !== version) throw documentFault('tidings', versionProblem(tidings))
  const reader = new ContractReader()
  const contract: Group = {}
  for (const [path, procedure] of Object.entries(objectAt(procedures, 'procedures'))) {
    const at = within('procedures', path)
    insert(contract, path, reader.procedure(procedure, at), at)
  }
  checkContract(contract)
  return contract
}

function versionProblem(given: unknown): string {
  return typeof given === 'number' && given > version
    ? `is ${given}, a later version than ${version}. Update @tidings/core`
    : `is ${brief(given)}. Expected ${version}`
}

interface Group {
  [name: string]: Procedure | Group
}

/** Puts a procedure into its groups, which are made on the way. */
function insert(contract: Group, path: string, procedure: Procedure, at: string): void {
  const steps = path.split('/')
  const name = steps.pop() ?? ''
  if (steps.length > maxGroups) throw documentFault(at, `is inside more than ${maxGroups} groups`)
  for (const step of [...steps, name]) {
    // Other names that are reserved are refused with the contract. These would not even be keys of an object.
    const problem = nameProblem(step, [])
    if (problem) throw documentFault(at, `has the name ${brief(step)}, which ${problem}`)
  }
  let group = contract
  for (const step of steps) {
    if (!Object.hasOwn(group, step)) group[step] = {}
    const inner = group[step] as Procedure | Group
    if (typeof inner.kind === 'string')
      throw documentFault(at, `is inside ${brief(step)}, which is a procedure`)
    group = inner as Group
  }
  if (Object.hasOwn(group, name)) throw documentFault(at, 'is a group as well')
  group[name] = procedure
}

class ContractReader {
  readonly #schemas = new SchemaReader()

  procedure(given: unknown, path: string): Procedure {
    const procedure = objectAt(given, path)
    const { kind } = procedure
    const meta = metaOf(procedure)
    const events = () => this.#payloads(procedure['events'], within(path, 'events'))
    switch (kind) {
      case 'channel': {
        const params = this.#params(procedure['params'], within(path, 'params'))
        const snapshot = this.#payload(procedure['snapshot'], within(path, 'snapshot'))
        return channel<DataSchemas, Schemas, Schema | undefined>({
          params: params as never,
          events: events() as never,
          ...(snapshot && { snapshot: snapshot as never }),
          ...meta,
        })
      }
      case 'command':
        return command({ ...this.#call(procedure, path), ...meta } as never)
      case 'stream':
        return stream({ ...this.#call(procedure, path), events: events(), ...meta } as never)
      default:
        throw documentFault(
          within(path, 'kind'),
          `is ${brief(kind)}. Expected "channel", "command" or "stream"`,
        )
    }
  }

  #call(call: JsonSchema, path: string) {
    const input = this.#payload(call['input'], within(path, 'input'))
    const output = this.#payload(call['output'], within(path, 'output'))
    const errors = this.#payloads(call['errors'], within(path, 'errors'))
    return { ...(input && { input }), ...(output && { output }), errors }
  }

  #params(given: unknown, path: string): Schemas {
    return Object.fromEntries(
      Object.entries(given === undefined ? {} : objectAt(given, path)).map(([name, param]) => {
        const schema = this.#payload(param, within(path, name))
        if (!schema) throw documentFault(within(path, name), 'is missing. A param has a schema')
        return [name, schema]
      }),
    )
  }

  #payloads(given: unknown, path: string): DataSchemas {
    return Object.fromEntries(
      Object.entries(given === undefined ? {} : objectAt(given, path)).map(([name, payload]) => {
        this.#schemas.count(path)
        return [name, payload === null ? undefined : this.#payload(payload, within(path, name))]
      }),
    )
  }

  #payload(given: unknown, path: string): Schema | undefined {
    if (given === undefined) return undefined
    const { wire, optional } = objectAt(given, path)
    const schema = this.#schemas.read(wire, within(path, 'wire'))
    // One with a default may be omitted already.
    return optional === true && schema._zod.optin === undefined ? markJsonOnly(z.optional(schema)) : schema
  }
}

/** Returns the texts about a procedure. Their types are checked with the contract. */
function metaOf({ title, description, deprecated }: JsonSchema): { readonly meta?: JsonSchema } {
  const texts = Object.entries({ title, description, deprecated }).filter(([, text]) => text !== undefined)
  return texts.length > 0 ? { meta: Object.fromEntries(texts) } : {}
}
