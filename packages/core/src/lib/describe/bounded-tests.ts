import type * as zod from 'zod/v4/core'
import type { Schema } from '../types/schema.js'

/** How many schemas a value may still be tested with. */
export interface TestBudget {
  left: number
}

/** Schemas that one value is tested with, at most: about a second, and more than values have that travel. */
const maxTests = 500_000

export function testBudget(): TestBudget {
  return { left: maxTests }
}

let current: TestBudget | undefined

/** Makes a test that ends within a budget, which several tests may share. */
export function withinBudget<Result>(budget: TestBudget, test: () => Result): Result {
  const outer = current
  current = budget
  try {
    return test()
  } finally {
    current = outer
  }
}

const bounded = new WeakSet<Schema>()

/**
 * Bounds how long a schema of a stranger takes: unions inside each other test a value with each combination of their
 * members. Once the budget is used up, values are accepted as they are: the server tests them in any case.
 */
export function boundTests<Tested extends Schema>(schema: Tested): Tested {
  if (bounded.has(schema)) return schema
  bounded.add(schema)
  const { _zod } = schema as unknown as zod.$ZodType
  const { run } = _zod
  _zod.run = (payload, context) => {
    if (!current) return withinBudget(testBudget(), () => run(payload, context))
    current.left -= 1
    return current.left < 0 ? payload : run(payload, context)
  }
  return schema
}
