import type { TidingsError } from '@tidings/core'
import { useCallback, useRef, useState } from 'react'

/** A command of a client: `client.send`. */
export interface CallableCommand<Args extends readonly unknown[], Output, Failure extends TidingsError> {
  (...args: Args): Promise<Output>
  isError(error: unknown): error is Failure
}

/** A command, and what has become of its last call. */
export interface CommandView<Args extends readonly unknown[], Output, Failure extends TidingsError> {
  /**
   * Calls the command. The promise may be ignored: its rejection is never reported as unhandled. The function is the
   * same in each render.
   */
  readonly call: (...args: Args) => Promise<Output>
  /** Whether the last call has not been answered yet. */
  readonly isPending: boolean
  /** Why the last call failed. Its `code` types its `data`. Undefined from the next call on. */
  readonly error: Failure | undefined
  /** The output of the last call. Undefined from the next call on. */
  readonly data: Output | undefined
  /** Forgets the last call. If it is pending, it continues, and its outcome is not shown. */
  readonly reset: () => void
}

interface Outcome<Output, Failure> {
  /** The command that was called. */
  readonly command?: unknown
  readonly isPending: boolean
  readonly error: Failure | undefined
  readonly data: Output | undefined
}

const idle = { isPending: false, error: undefined, data: undefined }

/**
 * Returns a function that calls a command, and what has become of the last call. If calls overlap, the last one is
 * shown. A call of another command is not shown. A call continues when the component is unmounted.
 */
export function useCommand<Args extends readonly unknown[], Output, Failure extends TidingsError>(
  command: CallableCommand<Args, Output, Failure>,
): CommandView<Args, Output, Failure> {
  const [outcome, setOutcome] = useState<Outcome<Output, Failure>>(idle)
  const lastCall = useRef<unknown>(undefined)
  const call = useCallback(
    (...args: Args) => {
      const promise = command(...args)
      lastCall.current = promise
      const settle = (next: Partial<Outcome<Output, Failure>>) => {
        if (lastCall.current === promise) setOutcome({ ...idle, command, ...next })
      }
      settle({ isPending: true })
      promise.then(
        (data) => settle({ data }),
        (error: Failure) => settle({ error }),
      )
      return promise
    },
    [command],
  )
  const reset = useCallback(() => {
    lastCall.current = undefined
    setOutcome(idle)
  }, [])
  const { isPending, error, data } = outcome.command === command ? outcome : idle
  return { isPending, error, data, call, reset }
}
