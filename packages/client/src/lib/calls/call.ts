import { isTidingsError, TidingsError } from '@tidings/core'
import {
  type CompiledCommand,
  type CompiledStream,
  decodeError,
  maxTimerMs,
  parseJson,
} from '@tidings/core/wire'
import { elapsedMs } from '../connection/clock.js'
import { postJson } from '../connection/request.js'
import { linkedAbort } from '../linked-abort.js'
import type { RequestOptions } from '../options/request-options.js'
import { attempt } from './attempts.js'
import type { OrderedCall } from './program-order.js'

/** The options of one call of a command. */
export interface CallInfo {
  /** Signals that each end the call. */
  readonly signals: readonly (AbortSignal | undefined)[]
  readonly timeoutMs: number | undefined
}

/** The client that calls are made for. */
export interface Caller {
  readonly options: RequestOptions
  /** Resolves when a call may be sent after earlier subscriptions. */
  waitTurn(call: OrderedCall): Promise<void>
}

/**
 * Calls a command and returns its output. If the network fails, sends the command again with the same
 * idempotency key, so that it runs once.
 *
 * @throws TidingsError the command's error, or `network`, `timeout`, `aborted`, `closed`, `invalid_response`
 */
export async function callCommand(
  caller: Caller,
  command: CompiledCommand,
  input: unknown,
  { signals, timeoutMs: given }: CallInfo,
): Promise<unknown> {
  const { options } = caller
  const what = `the output of ${command.path}`
  const json = encodeInput(command, input)
  const headers = { 'Idempotency-Key': newKey() }
  const timeoutMs = Math.min(given ?? options.timeoutMs, maxTimerMs)
  const endsAt = elapsedMs() + timeoutMs
  const { signal, unlink } = linkedAbort(...signals)
  try {
    await caller.waitTurn({ signal, timeoutMs })
    return await attempt(options, { signal, timeoutMs, endsAt }, async (time) => {
      const { status, text } = await postJson(options, command.path, json, { headers, ...time })
      const output = status === 204 ? undefined : parseJson(text, what)
      return command.output.decode(output, what, 'invalid_response')
    })
  } catch (error) {
    throw withTypedData(command, error as TidingsError)
  } finally {
    unlink()
  }
}

/** @throws TidingsError `invalid_input` */
export function encodeInput(procedure: CompiledCommand | CompiledStream, input: unknown): unknown {
  const json = procedure.input.encode(input, `the input of ${procedure.path}`, 'invalid_input')
  return procedure.takesInput ? json : undefined
}

/**
 * Returns a random key: 128 bits, which identify a call or a run. `randomUUID` is not available on pages served over
 * plain HTTP.
 *
 * @throws TidingsError `invalid_options` without `crypto.getRandomValues`, as in React Native
 */
export function newKey(): string {
  const { crypto } = globalThis
  if (!crypto?.getRandomValues) {
    const message = 'No crypto.getRandomValues: import react-native-get-random-values'
    throw new TidingsError({ code: 'invalid_options', message })
  }
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Decodes the data of a declared error. Returns `invalid_response` if the data does not fit its schema. */
export function withTypedData(
  procedure: CompiledCommand | CompiledStream,
  error: TidingsError,
): TidingsError {
  try {
    return decodeError(procedure, error, 'invalid_response')
  } catch (misfit) {
    return isTidingsError(misfit) ? misfit : error
  }
}
