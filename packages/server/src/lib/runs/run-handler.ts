import { isTidingsError, TidingsError } from '@tidings/core'
import { type CompiledStream, encodeEventBody } from '@tidings/core/wire'
import type { Run } from './run.js'

/** The `emit` of a handler that is an async function: a method for each event of the stream. */
export type RunEmit = Readonly<Record<string, (payload: unknown) => Promise<void>>>

/** Returns the `emit` of a run's handler. */
export function emitOf(compiled: CompiledStream, run: Run): RunEmit {
  const emit: Record<string, (payload: unknown) => Promise<void>> = {}
  for (const type of compiled.events.keys()) emit[type] = (payload) => emitEvent(compiled, run, type, payload)
  return emit
}

/**
 * Returns the output of a handler, which may be a generator; emits the events that a generator yields.
 *
 * @param handled what the handler has returned
 */
export async function outputOf(handled: unknown, compiled: CompiledStream, run: Run): Promise<unknown> {
  if (!isGenerator(handled)) return handled
  let step = await handled.next()
  while (!step.done) {
    if (run.isOver) {
      await handled.return(undefined)
      return undefined
    }
    try {
      await emitEvent(compiled, run, step.value.type, step.value.data)
    } catch (error) {
      if (run.isOver) continue
      // Thrown at its `yield`, so that the generator can clean up, or yield something that fits.
      step = await handled.throw(error)
      continue
    }
    step = await handled.next()
  }
  return step.value
}

/**
 * Validates an event, and appends it to the log of a run.
 *
 * @throws TidingsError `invalid_output` if the stream has no such event or its payload does not fit
 */
function emitEvent(compiled: CompiledStream, run: Run, type: unknown, payload: unknown): Promise<void> {
  const { events, path } = compiled
  const name = String(type)
  const codec = events.get(name)
  if (!codec) {
    const message = `The stream ${path} has no event "${name}". It has: ${[...events.keys()].join(', ')}`
    throw new TidingsError({ code: 'invalid_output', message })
  }
  return run.emit(name, encodeEventBody(name, codec.encode(payload, `${path}.${name}`)))
}

/** Returns the error that the readers of a run receive whose handler was aborted: by `close`, which has a public reason. */
export function publicReason({ reason }: AbortSignal): TidingsError | undefined {
  return isTidingsError(reason) ? reason : undefined
}

interface Yielded {
  readonly type?: unknown
  readonly data?: unknown
}

function isGenerator(value: unknown): value is AsyncGenerator<Yielded, unknown, void> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'throw' in value
}
