import { TidingsError } from '@tidings/core'

/** Returns the error for a run that does not exist, is no longer kept, or never did. */
export function noSuchRun(): TidingsError {
  const message = 'There is no such run: its id is wrong, or the run has ended and is no longer kept'
  return new TidingsError({ code: 'not_found', message })
}

/** Returns the error that the readers of a cancelled run receive. */
export function cancelled(message: string): TidingsError {
  return new TidingsError({ code: 'cancelled', message })
}

/** Returns the error with which an emit of a handler rejects whose run was cancelled or left. */
export function readersLeft(): TidingsError {
  return new TidingsError({ code: 'aborted', message: 'The run was cancelled, or its last reader left' })
}

/** Returns the error of an emit after the end of a run. */
export function runIsOver(path: string): TidingsError {
  const message = `The run of ${path} is over. Emit before the handler returns or throws`
  return new TidingsError({ code: 'closed', message })
}

/** Returns the error that the readers of a run receive whose node is gone. */
export function interrupted(): TidingsError {
  const message = 'The node that ran the stream is gone. Call the stream again'
  return new TidingsError({ code: 'interrupted', message })
}

/** Returns the error of a subscriber whose run was released since it was prepared. */
export function released(): TidingsError {
  const message = 'The run was released while you were subscribing. Try again'
  return new TidingsError({ code: 'unavailable', message, retryAfterMs: 0 })
}

/** Returns the error of a subscriber for whose run this node has no room. */
export function noRoom(): TidingsError {
  const message = 'The server has reached its limit of bytes for the logs of runs. Try again later'
  return new TidingsError({ code: 'unavailable', message })
}

/** Returns the error of a start whose id belongs to the run of another request. */
export function idUsedBefore(): TidingsError {
  const message = 'The Idempotency-Key has started another run. Make a new one for each run'
  return new TidingsError({ code: 'conflict', message })
}
