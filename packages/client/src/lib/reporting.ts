import { TidingsError } from '@tidings/core'
import { messageOf } from './connection/failures.js'
import type { ErrorContext } from './options/client-options.js'
import type { ResolvedOptions } from './options/resolved-options.js'

/** The client whose `onError` receives errors. */
export interface Reporter {
  readonly options: Pick<ResolvedOptions, 'onError'>
}

/** What an error is reported with: what threw, and the place. */
export interface Origin extends ErrorContext {
  readonly what: string
}

/** Calls `onError`, if there is one. */
export function report({ options }: Reporter, error: TidingsError, at: ErrorContext = {}): void {
  run(() => options.onError?.(error, at), rethrowLater)
}

/**
 * Runs a callback of the user's. Reports the error that it throws or rejects with. Without an `onError`, rethrows
 * the error for the runtime to report.
 *
 * @param originOf returns the origin of an error, so that a callback that does not throw needs none
 */
export function runReporting(owner: Reporter, originOf: () => Origin, callback: () => unknown): void {
  run(callback, (thrown) => {
    if (!owner.options.onError) {
      rethrowLater(thrown)
      return
    }
    const { what, ...at } = originOf()
    report(owner, threw(what, thrown), at)
  })
}

/** Returns the error for a value that a callback of the user's threw. */
export function threw(what: string, cause: unknown): TidingsError {
  return new TidingsError({ code: 'internal', message: `${what} threw: ${messageOf(cause)}`, cause })
}

/** Runs a callback of the user's, whose error must not stop the caller. */
function run(callback: () => unknown, failed: (thrown: unknown) => void): void {
  try {
    const result = callback()
    if (result instanceof Promise) result.catch(failed)
  } catch (thrown) {
    failed(thrown)
  }
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
