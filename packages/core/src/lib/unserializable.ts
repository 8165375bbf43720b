/** A schema that JSON cannot carry: where it is, why, and what to write instead. */
export interface Unserializable extends Reason {
  /** From the checked schema to the offending one: `.sentAt`, `[]`, `.tags[]`. */
  readonly path: string
}

/** Two halves of a sentence about a schema: `is z.date(), which JSON cannot represent`, `Use isoDate …`. */
export interface Reason {
  readonly problem: string
  readonly remedy: string
}

/** The kinds of zod schemas that JSON cannot carry. `types/json-safety.ts` builds its messages from them. */
export const unserializableKinds = {
  date: {
    problem: 'is z.date(), which JSON cannot represent',
    remedy: "Use isoDate from '@tidings/core'",
  },
  bigint: {
    problem: 'is z.bigint(), which JSON cannot represent',
    remedy: "Use bigint from '@tidings/core'",
  },
  map: {
    problem: 'is z.map(), which JSON cannot represent',
    remedy: "Use map(key, value) from '@tidings/core'",
  },
  set: {
    problem: 'is z.set(), which JSON cannot represent',
    remedy: "Use set(item) from '@tidings/core'",
  },
  transform: {
    problem: 'is a one-way transform, which cannot be undone on the other side',
    remedy: 'Use z.codec() with decode and encode',
  },
  unknown: {
    problem: 'is z.unknown(), which may hold values JSON cannot represent',
    remedy: 'Use z.json(), or replace z.looseObject() with z.object()',
  },
  any: {
    problem: 'is z.any(), which may hold values JSON cannot represent',
    remedy: 'Use z.json()',
  },
  undefined: {
    problem: 'is undefined, which JSON cannot represent',
    remedy: 'Make the key optional, or use z.null()',
  },
  void: {
    problem: 'is z.void(), which JSON cannot represent',
    remedy: 'Leave the schema out',
  },
  symbol: {
    problem: 'is a symbol, which JSON cannot represent',
    remedy: 'Use z.string() or z.enum()',
  },
  nan: {
    problem: 'is NaN, which JSON cannot represent',
    remedy: 'Use z.number().nullable()',
  },
  function: {
    problem: 'is a function, which JSON cannot represent',
    remedy: 'Declare a command instead',
  },
  promise: {
    problem: 'is a promise, which JSON cannot represent',
    remedy: 'Await it before sending',
  },
  file: {
    problem: 'is a file, which JSON cannot represent',
    remedy: "Use bytes from '@tidings/core'",
  },
  custom: {
    problem: 'is z.custom() or z.instanceof(), which do not define a JSON form',
    remedy: 'Use z.codec() with the JSON form as its first schema',
  },
  success: {
    problem: 'is z.success(), which cannot be undone on the other side',
    remedy: 'Use z.boolean()',
  },
} as const satisfies Readonly<Record<string, Reason>>

/** Uses of schemas that lose a value on its way, and that the type checker recognises as well. */
export const lossyUses = {
  /** Follows `is the literal …, `. */
  literal: {
    problem: 'which JSON cannot represent',
    remedy: 'Use a string, a finite number, a boolean or null',
  },
  /** Follows `may be … or …, `. */
  union: {
    problem: 'which cannot be told apart on the wire',
    remedy: 'Use z.discriminatedUnion(), or wrap each in an object under its own key',
  },
  optionalDefault: {
    problem: 'is optional with a default, so undefined would arrive as the default',
    remedy: 'Remove z.optional() or the default',
  },
  coercedPipe: {
    problem: 'is a pipe into z.coerce, which cannot be undone on the other side',
    remedy: 'Use z.codec() with decode and encode, or z.coerce alone',
  },
} as const satisfies Readonly<Record<string, Reason>>
