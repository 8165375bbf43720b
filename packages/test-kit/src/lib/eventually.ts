import { until } from './until.js'

/**
 * Repeats a call until it resolves, as one whose time limit a busy machine may exceed, and resolves with its
 * result. Rejects as {@link until} does.
 */
export async function eventually<Result>(call: () => Promise<Result>, what: string): Promise<Result> {
  const results: Result[] = []
  await until(async () => results.push(await call()) > 0, what)
  return results[0] as Result
}
