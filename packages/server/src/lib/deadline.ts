import { TidingsError } from '@tidings/core'
import { setBackgroundTimeout, type Timer } from './runtime/timers.js'

/**
 * Runs a body that has a time limit. Its signal fires when the time is up, and its later result is dropped.
 *
 * @throws TidingsError `internal` when the time is up
 */
export async function runWithDeadline<Result>(
  ms: number,
  what: string,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  let timer: Timer | undefined
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setBackgroundTimeout(() => {
      const message = `${what} took longer than ${ms} ms`
      const error = new TidingsError({ code: 'internal', message })
      reject(error)
      controller.abort(error)
    }, ms)
  })
  try {
    return await Promise.race([body(controller.signal), timeUp])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with a promise, or when the time is up. */
export async function waitAtMost(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: Timer | undefined
  const timeUp = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, timeUp])
  clearTimeout(timer)
}

export class TimeoutError extends Error {
  constructor(ms: number) {
    super(`it did not answer within ${ms} ms`)
    this.name = 'TimeoutError'
  }
}

/** Resolves with the result of a promise. @throws TimeoutError when the time is up */
export function withTimeout<Result>(ms: number, awaited: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeoutError(ms)), ms)
    awaited.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
