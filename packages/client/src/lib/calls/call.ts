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
import { requestFailure } from '../connection/failures.js'
import { post, postJson } from '../connection/request.js'
import { linkedAbort } from '../linked-abort.js'
import type { ResolvedOptions } from '../options.js'
import type { OrderedCall } from './program-order.js'

/** How many times a command is sent at the most, when the network fails. */
const maxAttempts = 4

/** What a command may be told. */
export interface CallInfo {
  /** Any of them ends it. */
  readonly signals: readonly (AbortSignal | undefined)[]
  readonly timeoutMs: number | undefined
}

/** What calls are made for. */
export interface Caller {
  readonly options: ResolvedOptions
  /** Resolves when a call may be sent, in the order of the program. */
  waitTurn(call: OrderedCall): Promise<void>
}

/**
 * Begins a run of a stream, and gives the response once it is known to be an answer.
 *
 * @throws TidingsError for everything else
 */
export async function postStream(
  caller: Caller,
  stream: CompiledStream,
  input: unknown,
  signal: AbortSignal,
): Promise<Response> {
  const json = encodeInput(stream, input)
  try {
    await caller.waitTurn({ signal })
    return await post(caller.options, stream.path, json, { signal })
  } catch (error) {
    throw withTypedData(stream, error as TidingsError)
  }
}

/**
 * Calls a command and gives its output. Where the network fails it is sent again, with the same idempotency key, so that it
 * is not run again.
 *
 * @throws TidingsError what the command failed with, or `network`, `timeout`, `aborted`, `closed`, `invalid_response`
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

/** Whether the network failed: by itself, or as a gateway says that did not reach the server, or lost it. */
function isNetworkFailure({ code, status }: TidingsError): boolean {
  return code === 'network' || (code === 'invalid_response' && [502, 503, 504].includes(status))
}

function encodeInput(procedure: CompiledCommand | CompiledStream, input: unknown): unknown {
  const json = procedure.input.encode(input, `the input of ${procedure.path}`, 'invalid_input')
  return procedure.takesInput ? json : undefined
}

/** A key that no one else has. `randomUUID` is not there on pages that came over plain HTTP. */
function newKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** @throws TidingsError when the signal fires */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(requestFailure(undefined, '', signal))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

/** Decodes the data of a declared error. Data that does not fit makes it an `invalid_response`. */
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
