/** Encodes a value of one schema, or returns {@link refused}. */
export type Plan = (value: unknown) => unknown

/** Returned in place of a value that does not fit. */
export const refused: unique symbol = Symbol('refused')

/** Thrown where zod itself has to decide whether a value fits. */
export const unclear = new Error('zod has to decide whether the value fits')

export function isRefused(encoded: unknown): encoded is typeof refused {
  return encoded === refused
}
