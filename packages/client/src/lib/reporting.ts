import { TidingsError } from '@tidings/core'
import { messageOf } from './connection/failures.js'
import type { ErrorContext, ResolvedOptions } from './options.js'

/** What is told of errors. */
export interface Reporter {
  readonly options: Pick<ResolvedOptions, 'onError'>
}

/** Tells `onError`, if there is one. */
export function report({ options }: Reporter, error: TidingsError, at: ErrorContext = {}): void {
  runGuarded(() => options.onError?.(error, at))
}

/**
 * Runs code of the user's, which `what` names. What it throws is reported, or thrown again where the runtime reports it; so is
 * what it rejects with: an async function is a handler too.
 */
export function runReporting(owner: Reporter, what: string, at: ErrorContext, callback: () => unknown): void {
  runGuarded(callback, (thrown) => {
    if (!owner.options.onError) throw thrown
    report(owner, threw(what, thrown), at)
  })
}

/** What code of the user's threw, as a `TidingsError`. */
export function threw(what: string, cause: unknown): TidingsError {
  return new TidingsError({ code: 'internal', message: `${what} threw: ${messageOf(cause)}`, cause })
}

/** Runs code of the user's. What it throws, or rejects with, must not stop what called it. */
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
