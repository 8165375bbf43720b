/**
 * Marks a promise as safe to ignore: its rejection reaches each caller that awaits the promise, and raises no unhandled
 * rejection where none does.
 */
export function ignorable<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}

/** A promise that has rejected, and is safe to ignore. */
export function rejected(error: unknown): Promise<never> {
  return ignorable(Promise.reject(error))
}
