import * as zod from 'zod/v4/core'
import { bytesDefinition } from './codec-definitions.js'
import type { Obstacle } from './obstacle.js'
import { findOverlap, isCoerced, type Member, membersOf, type Overlap } from './overlap.js'
import { holds } from './schema-walk.js'
import { findUnmergeable } from './shared-keys.js'
import type { Schema } from './types/schema.js'

/** Finds why values of a schema would not arrive as what they were, although what is inside of it would. */
export function findConfusion(schema: Schema): Obstacle | undefined {
  const { def } = (schema as zod.$ZodTypes)._zod
  switch (def.type) {
    case 'union':
      return 'discriminator' in def
        ? discriminatorObstacle(def as zod.$ZodDiscriminatedUnionDef)
        : overlapObstacle(findOverlap(def.options, def.inclusive === false))
    case 'nullable':
      return overlapObstacle(findOverlap([null, def.innerType]))
    case 'default':
    case 'prefault':
      return overlapObstacle(findOverlap([undefined, def.innerType]))
    case 'optional':
      return standIn(schema) ?? overlapObstacle(findOverlap([undefined, def.innerType]))
    case 'intersection':
      return intersectionObstacle(def)
    case 'pipe':
      return def.reverseTransform === undefined && holds(def.out, isCoercing) ? coercedPipe : undefined
    case 'record':
      return def.mode === 'loose' ? looseRecord : undefined
    case 'object':
      return symbolObstacle(def)
    case 'readonly':
      return membersOf(def.innerType).some(isBytes) ? readonlyBytes : undefined
    default:
      return undefined
  }
}

const coercedPipe: Obstacle = {
  path: '',
  problem: 'is a pipe into z.coerce, which cannot be undone on the other side',
  remedy: 'Use z.codec() with decode and encode, or z.coerce alone',
}

const looseRecord: Obstacle = {
  path: '',
  problem: 'is z.looseRecord(), which may hold values JSON cannot represent',
  remedy: 'Use z.record() or z.partialRecord()',
}

const readonlyBytes: Obstacle = {
  path: '',
  problem: 'is bytes inside z.readonly(), and JavaScript cannot freeze bytes',
  remedy: 'Remove z.readonly()',
}

function overlapObstacle(overlap: Overlap | undefined): Obstacle | undefined {
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
    problem: `may be ${first} or ${second}, which cannot be told apart on the wire`,
    remedy: 'Use z.discriminatedUnion(), or wrap each in an object under its own key',
  }
}

/**
 * A discriminated union is read by what is on the wire, and written by what a program holds: both have to be
 * one.
 */
function discriminatorObstacle({
  options,
  discriminator,
}: zod.$ZodDiscriminatedUnionDef): Obstacle | undefined {
  const isCoded = options.some((option) => {
    const { def } = (option as zod.$ZodTypes)._zod
    const schema = def.type === 'object' ? def.shape[discriminator] : undefined
    return schema !== undefined && holds(schema, ({ _zod }) => _zod.def.type === 'pipe')
  })
  if (!isCoded) return undefined
  return {
    path: `.${discriminator}`,
    problem: 'is a codec used as the discriminator of a union',
    remedy: 'Use z.literal() or z.enum()',
  }
}

/** What reads a missing value as a default, and writes a missing value as none. */
function standIn(schema: Schema): Obstacle | undefined {
  if (readsNothingAs(schema) === undefined) return undefined
  return {
    path: '',
    problem: 'is optional with a default, so undefined would arrive as the default',
    remedy: 'Remove z.optional() or the default',
  }
}

function readsNothingAs(schema: Schema): unknown {
  try {
    return zod.safeParse(schema, undefined).data
  } catch {
    return undefined
  }
}

function intersectionObstacle({ left, right }: zod.$ZodIntersectionDef): Obstacle | undefined {
  const path = findUnmergeable(left, right)
  if (path === undefined) return undefined
  return {
    path,
    problem: 'is on both sides of an intersection, and the values its codec decodes cannot be merged',
    remedy: 'Declare it on one side, or use extend() instead of an intersection',
  }
}

function symbolObstacle({ shape }: zod.$ZodObjectDef): Obstacle | undefined {
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
