import { TidingsError } from '@tidings/core'
import { messageOf } from './connection/failures.js'
import type { ErrorContext, ResolvedOptions } from './options.js'

/** The client whose `onError` receives errors. */
export interface Reporter {
  readonly options: Pick<ResolvedOptions, 'onError'>
}

/** Calls `onError`, if there is one. */
export function report({ options }: Reporter, error: TidingsError, at: ErrorContext = {}): void {
  runGuarded(() => options.onError?.(error, at))
}

/**
 * Runs a callback of the user's, which `what` names. Reports the error that it throws or rejects with.
 * Without an `onError`, rethrows the error for the runtime to report.
 */
export function runReporting(owner: Reporter, what: string, at: ErrorContext, callback: () => unknown): void {
  runGuarded(callback, (thrown) => {
    if (!owner.options.onError) throw thrown
    report(owner, threw(what, thrown), at)
  })
}

/** Returns the error for a value that a callback of the user's threw. */
export function threw(what: string, cause: unknown): TidingsError {
  return new TidingsError({ code: 'internal', message: `${what} threw: ${messageOf(cause)}`, cause })
}

/** Runs a callback of the user's, whose error must not stop the caller. */
function runGuarded(callback: () => unknown, failed: (thrown: unknown) => void = rethrow): void {
  const caught = (thrown: unknown) => {
    try {
      failed(thrown)
    } catch (error) {
      queueMicrotask(() => rethrow(error))
    }
  }
  try {
    const result = callback()
    if (result instanceof Promise) result.catch(caught)
  } catch (thrown) {
    caught(thrown)
  }
}

function rethrow(error: unknown): never {
  throw error
}
