import { isTidingsError, TidingsError } from '@tidings/core'
import {
  asReceived,
  backoffMs,
  type CompiledCommand,
  type CompiledStream,
  maxTimerMs,
  parseJson,
} from '@tidings/core/wire'
import { elapsedMs } from '../connection/clock.js'
import { checkReadable } from '../connection/event-reader.js'
import { abortError } from '../connection/failures.js'
import { post, postJson } from '../connection/request.js'
import { linkedAbort } from '../linked-abort.js'
import type { ResolvedOptions } from '../options.js'
import type { OrderedCall } from './program-order.js'

/** The most times a command is sent when the network fails. */
const maxAttempts = 4

/** The options of one call of a command. */
export interface CallInfo {
  /** Signals that each end the call. */
  readonly signals: readonly (AbortSignal | undefined)[]
  readonly timeoutMs: number | undefined
}

/** The client that calls are made for. */
export interface Caller {
  readonly options: ResolvedOptions
  /** Resolves when a call may be sent after earlier subscriptions. */
  waitTurn(call: OrderedCall): Promise<void>
}

/**
 * Starts a run of a stream, and returns the response.
 *
 * @throws TidingsError if the request failed or was refused
 */
export async function postStream(
  caller: Caller,
  stream: CompiledStream,
  input: unknown,
  signal: AbortSignal,
): Promise<Response> {
  const json = encodeInput(stream, input)
  try {
    checkReadable(caller.options)
    await caller.waitTurn({ signal })
    return await post(caller.options, stream.path, json, { signal })
  } catch (error) {
    throw withTypedData(stream, error as TidingsError)
  }
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
    for (let attempt = 1; ; attempt += 1) {
      try {
        const timeLeft = Math.max(endsAt - elapsedMs(), 0)
        const { status, text } = await postJson(options, command.path, json, {
          signal,
          headers,
          timeoutMs: timeLeft,
          ofMs: timeoutMs,
        })
        const output = status === 204 ? undefined : parseJson(text, what)
        return command.output.decode(output, what, 'invalid_response')
      } catch (cause) {
        const error = cause as TidingsError
        if (!isNetworkFailure(error) || attempt >= maxAttempts) throw withTypedData(command, error)
        const delay = backoffMs(options.reconnect, attempt - 1)
        if (elapsedMs() + delay >= endsAt) throw error
        await pause(delay, signal)
      }
    }
  } finally {
    unlink()
  }
}

/** Whether the network failed, or a gateway did not reach the server. */
function isNetworkFailure({ code, status }: TidingsError): boolean {
  return code === 'network' || (code === 'invalid_response' && [502, 503, 504].includes(status))
}

function encodeInput(procedure: CompiledCommand | CompiledStream, input: unknown): unknown {
  const json = procedure.input.encode(input, `the input of ${procedure.path}`, 'invalid_input')
  return procedure.takesInput ? json : undefined
}

/** Returns a random key. `randomUUID` is not available on pages served over plain HTTP. */
function newKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** @throws TidingsError when the signal fires */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(abortError(signal))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

/** Decodes the data of a declared error. Returns `invalid_response` if the data does not fit its schema. */
export function withTypedData(
  procedure: CompiledCommand | CompiledStream,
  error: TidingsError,
): TidingsError {
  const declared = procedure.errors.get(error.code)
  if (!declared) return error
  const { code, status, message, issues, retryAfterMs } = error
  try {
    const data = declared.decode(error.data, `the data of error "${code}"`, 'invalid_response')
    return asReceived(new TidingsError({ code, status, message, data, issues, retryAfterMs }))
  } catch (misfit) {
    return isTidingsError(misfit) ? misfit : error
  }
}
