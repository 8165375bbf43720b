import * as zod from 'zod/v4/core'
import type { Schema } from '../types/schema.js'
import type { JsonSchema } from './document.js'

/**
 * The names under which schemas are defined in `$defs`: the `id` of their `.meta()`. Within a contract, a name always
 * stands for the same schema.
 */
export class SchemaNames {
  readonly #names = new Map<Schema, string>()
  readonly #taken = new Set<string>()

  /** Returns the name of a schema with an id; undefined for another, unless it has been named. */
  find(schema: Schema): string | undefined {
    const id = zod.globalRegistry.get(schema)?.id
    return (
      this.#names.get(schema) ?? (typeof id === 'string' && id !== '' ? this.#add(schema, id) : undefined)
    )
  }

  /** Returns the name of a schema, which gets one if it has none. */
  nameOf(schema: Schema): string {
    return this.find(schema) ?? this.#add(schema, 'Recursive')
  }

  #add(schema: Schema, wanted: string): string {
    let name = wanted
    // Another schema may have the same id.
    for (let count = 2; this.#taken.has(name); count += 1) name = `${wanted}${count}`
    this.#taken.add(name)
    this.#names.set(schema, name)
    return name
  }
}

/** Returns the reference to a definition: a JSON pointer in a fragment, RFC 6901 section 6. */
export function refTo(name: string): string {
  const step = name.replaceAll('~', '~0').replaceAll('/', '~1')
  return `#/$defs/${encodeURIComponent(step)}`
}

/** Returns the name of the definition that a reference is to; undefined for any other reference. */
export function definitionName(ref: string): string | undefined {
  if (!ref.startsWith('#/$defs/')) return undefined
  try {
    const step = decodeURIComponent(ref.slice('#/$defs/'.length))
    return step.includes('/') ? undefined : step.replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return undefined
  }
}

/**
 * Returns the schema that a `$ref` of a document's schema is to: `root` itself, or one of its `$defs`. Returns undefined
 * for a reference to anything else, or to a definition that is missing.
 */
export function schemaAt(ref: string, root: JsonSchema): JsonSchema | undefined {
  if (ref === '#') return root
  const name = definitionName(ref)
  const { $defs = {} } = root as { readonly $defs?: Readonly<Record<string, JsonSchema>> }
  return name !== undefined && Object.hasOwn($defs, name) ? $defs[name] : undefined
}
