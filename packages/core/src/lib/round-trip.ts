import * as zod from 'zod/v4/core'
import { bytesDefinition } from './codec-definitions.js'
import { findOverlap, type Overlap } from './overlap.js'
import { containsSchema } from './schema-walk.js'
import { findUnmergeable } from './shared-keys.js'
import type { Schema } from './types/schema.js'
import { isCoerced, type Member, membersOf } from './union-members.js'
import { lossyUses, type Unserializable } from './unserializable.js'

/** Finds why values of a schema would arrive as something else, although those of the schemas inside would not. */
export function findRoundTripProblem(schema: Schema): Unserializable | undefined {
  const { def } = (schema as zod.$ZodTypes)._zod
  switch (def.type) {
    case 'union':
      return 'discriminator' in def
        ? codedDiscriminator(def as zod.$ZodDiscriminatedUnionDef)
        : fromOverlap(findOverlap(def.options, def.inclusive === false))
    case 'nullable':
      return fromOverlap(findOverlap([null, def.innerType]))
    case 'default':
    case 'prefault':
      return fromOverlap(findOverlap([undefined, def.innerType]))
    case 'optional':
      return optionalDefault(schema) ?? fromOverlap(findOverlap([undefined, def.innerType]))
    case 'intersection':
      return unmergeableIntersection(def)
    case 'pipe':
      return def.reverseTransform === undefined && containsSchema(def.out, isCoercing)
        ? coercedPipe
        : undefined
    case 'record':
      return def.mode === 'loose' ? looseRecord : undefined
    case 'object':
      return symbolKey(def)
    case 'readonly':
      return membersOf(def.innerType).some(isBytes) ? readonlyBytes : undefined
    default:
      return undefined
  }
}

const coercedPipe: Unserializable = { path: '', ...lossyUses.coercedPipe }

const looseRecord: Unserializable = {
  path: '',
  problem: 'is z.looseRecord(), which may hold values JSON cannot represent',
  remedy: 'Use z.record() or z.partialRecord()',
}

const readonlyBytes: Unserializable = {
  path: '',
  problem: 'is bytes inside z.readonly(), and JavaScript cannot freeze bytes',
  remedy: 'Remove z.readonly()',
}

function fromOverlap(overlap: Overlap | undefined): Unserializable | undefined {
  if (!overlap) return undefined
  const { first, second, how } = overlap
  if (how === 'drop') {
    return {
      path: '',
      problem: 'has members that accept the same objects, and the first would drop keys of the other',
      remedy: 'Use z.discriminatedUnion() or z.strictObject(), or put the member with more keys first',
    }
  }
  return {
    path: '',
    ...lossyUses.union,
    problem: `may be ${first} or ${second}, ${lossyUses.union.problem}`,
  }
}

/** A discriminated union tells its members apart by one value, on the wire and in memory. */
function codedDiscriminator({
  options,
  discriminator,
}: zod.$ZodDiscriminatedUnionDef): Unserializable | undefined {
  const isCoded = options.some((option) => {
    const { def } = (option as zod.$ZodTypes)._zod
    const schema = def.type === 'object' ? def.shape[discriminator] : undefined
    return schema !== undefined && containsSchema(schema, ({ _zod }) => _zod.def.type === 'pipe')
  })
  if (!isCoded) return undefined
  return {
    path: `.${discriminator}`,
    problem: 'is a codec used as the discriminator of a union',
    remedy: 'Use z.literal() or z.enum()',
  }
}

/** Reading gives a missing value its default, while writing omits it. */
function optionalDefault(schema: Schema): Unserializable | undefined {
  return valueOfUndefined(schema) === undefined ? undefined : { path: '', ...lossyUses.optionalDefault }
}

function valueOfUndefined(schema: Schema): unknown {
  try {
    return zod.safeParse(schema, undefined).data
  } catch {
    return undefined
  }
}

function unmergeableIntersection({ left, right }: zod.$ZodIntersectionDef): Unserializable | undefined {
  const path = findUnmergeable(left, right)
  if (path === undefined) return undefined
  return {
    path,
    problem: 'is on both sides of an intersection, and the values its codec decodes cannot be merged',
    remedy: 'Declare it on one side, or use extend() instead of an intersection',
  }
}

function symbolKey({ shape }: zod.$ZodObjectDef): Unserializable | undefined {
  const [key] = Object.getOwnPropertySymbols(shape)
  if (key === undefined) return undefined
  return {
    path: '',
    problem: `has the key ${String(key)}, which JSON cannot represent`,
    remedy: 'Use a string key',
  }
}

function isCoercing({ _zod }: zod.$ZodTypes): boolean {
  return isCoerced(_zod.def)
}

function isBytes(member: Member): boolean {
  if (!member) return false
  const { def } = member._zod
  switch (def.type) {
    case 'default':
    case 'prefault':
    case 'catch':
      return membersOf(def.innerType).some(isBytes)
    case 'pipe':
      return (def.reverseTransform as unknown) === bytesDefinition.encode || membersOf(def.out).some(isBytes)
    default:
      return false
  }
}
