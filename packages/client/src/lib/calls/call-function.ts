import { type CompiledCommand, type CompiledStream, isErrorOf } from '@tidings/core/wire'
import type { CallOptions } from '../types/client.js'
import { type Caller, callCommand } from './call.js'

/**
 * Returns the function that calls a command.
 *
 * @param closing fires when the client is closed
 */
export function commandFunction(caller: Caller, command: CompiledCommand, closing: AbortSignal): object {
  return callFunction(command, (input, { signal, timeoutMs }) =>
    callCommand(caller, command, input, { signals: [signal, closing], timeoutMs }),
  )
}

/** Returns the function that calls a procedure, with its `isError` and its path. */
export function callFunction(
  procedure: CompiledCommand | CompiledStream,
  call: (input: unknown, options: CallOptions) => unknown,
): object {
  const isError = (error: unknown) => isErrorOf(procedure, error)
  const called = procedure.takesInput
    ? (input: unknown, options: CallOptions = {}) => call(input, options)
    : (options: CallOptions = {}) => call(undefined, options)
  return Object.assign(called, { isError, path: procedure.path })
}
